// The branches of the program, by number. Generated.

function branchOf_0(number) {
  "use strict";
  switch (number) {
  case 0:
    return {
      id: "edge",
      kind: "edge",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 4, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 1:
    return {
      id: "GET /departments/{department}/documents/{document_id}",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 10, 1], [11, 11, 1], [12, 12, 1], [13, 13, 1], [14, 14, 1], [15, 15, 1]],
      places: [["bearer", ["users"]]],
      alternatives: [["users"]],
      parameters: {".department": 1, ".document_id": 3},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-authz-open"],
        cookies: [],
        query: [],
        identity: function (run) { return []; }
      }
    };
  case 2:
    return {
      id: "preflight GET /departments/{department}/documents/{document_id}",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 16, 1]],
      places: [["bearer", ["users"]]],
      alternatives: [["users"]],
      parameters: {".department": 1, ".document_id": 3},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 3:
    return {
      id: "GET /users",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 10, 1], [11, 11, 1], [12, 12, 1], [13, 17, 1], [14, 18, 1], [15, 15, 1]],
      places: [["bearer", ["users"]]],
      alternatives: [["users"]],
      parameters: {},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-authz-open"],
        cookies: [],
        query: [],
        identity: function (run) { return []; }
      }
    };
  case 4:
    return {
      id: "preflight GET /users",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 16, 1]],
      places: [["bearer", ["users"]]],
      alternatives: [["users"]],
      parameters: {},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 5:
    return {
      id: "DELETE /users/{user_id}",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 10, 1], [11, 11, 1], [12, 12, 1], [13, 19, 1], [14, 18, 1], [15, 15, 1]],
      places: [["bearer", ["users"]]],
      alternatives: [["users"]],
      parameters: {".user_id": 1},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-authz-open"],
        cookies: [],
        query: [],
        identity: function (run) { return []; }
      }
    };
  case 6:
    return {
      id: "preflight DELETE /users/{user_id}",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 20, 1]],
      places: [["bearer", ["users"]]],
      alternatives: [["users"]],
      parameters: {".user_id": 1},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 7:
    return {
      id: "GET /users/{user_id}",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 10, 1], [11, 11, 1], [12, 12, 1], [13, 17, 1], [14, 18, 1], [15, 15, 1]],
      places: [["bearer", ["users"]]],
      alternatives: [["users"]],
      parameters: {".user_id": 1},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-authz-open"],
        cookies: [],
        query: [],
        identity: function (run) { return []; }
      }
    };
  case 8:
    return {
      id: "preflight GET /users/{user_id}",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 20, 1]],
      places: [["bearer", ["users"]]],
      alternatives: [["users"]],
      parameters: {".user_id": 1},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 9:
    return {
      id: "undeclared /departments/{department}/documents/{document_id}",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 21, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 10:
    return {
      id: "undeclared /users",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 21, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 11:
    return {
      id: "undeclared /users/{user_id}",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 22, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  default:
    return null;
  }
}

function branchOf(number) {
  "use strict";
  switch (Math.floor(number / 16)) {
  case 0:
    return branchOf_0(number);
  default:
    return null;
  }
}
