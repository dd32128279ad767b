# The schemas of the spec, a function for each: true for what fits, false for anything else.
package notes.authz.schemas
