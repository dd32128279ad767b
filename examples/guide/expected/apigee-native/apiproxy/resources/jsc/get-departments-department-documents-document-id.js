// GET /departments/{department}/documents/{document_id}

var TOKEN = readObject("jwt.VJ-users.payload-json");

// department-and-clearance is TRUE: principal.department == resource.department && principal.clearance_level >= resource.required_level
function holds_department_and_clearance() {
  "use strict";
  var v0 = typed(claim(TOKEN, ["department"]), "string"), v1 = typed(segment(1, "string"), "string"), v2 = typed(claim(TOKEN, ["clearance_level"]), "integer");
  return ((v0 !== null && v1 !== null && v0 === v1) && (v2 !== null && v2 >= 3));
}

if (holds_department_and_clearance()) {
  context.setVariable("seccfg.condition.department-and-clearance", "yes");
}
if (segment(3, "integer") !== null && segment(3, "integer") >= 1) {
  context.setVariable("seccfg.input", "ok");
}
