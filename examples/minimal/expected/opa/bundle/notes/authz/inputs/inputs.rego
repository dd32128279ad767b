# What parameters and bodies have to be, a rule for each.
package notes.authz.inputs
