# The conditions of the spec, each in the form that holds when it is TRUE and the one when it is FALSE.
package notes.authz_conds
