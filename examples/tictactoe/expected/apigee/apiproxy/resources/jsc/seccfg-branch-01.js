// The branches of the program, by number. Generated.

function branchOf_0(number) {
  "use strict";
  switch (number) {
  case 0:
    return {
      id: "edge",
      kind: "edge",
      steps: [[1, 0, -1], [2, 1, -1], [3, 2, -1], [4, 3, -1], [5, 4, -1]],
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
      id: "GET /board",
      kind: "route",
      steps: [[1, 0, -1], [2, 1, -1], [3, 2, -1], [4, 3, -1], [5, 5, -1], [6, 6, -1], [7, 7, -1], [8, 8, -1], [9, 9, -1], [10, 10, -1], [11, 11, -1], [12, 12, -1], [13, 13, -1], [14, 14, -1], [15, 15, -1]],
      places: [["header api-key", ["console"]], ["bearer", ["bearer"]]],
      alternatives: [["console"],["bearer"]],
      parameters: {},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "game",
        strip: ["api-key","authorization","x-authz-open"],
        cookies: [],
        query: [],
        identity: function (run) { return []; }
      }
    };
  case 2:
    return {
      id: "GET /board/{row}/{column}",
      kind: "route",
      steps: [[1, 0, -1], [2, 1, -1], [3, 2, -1], [4, 3, -1], [5, 5, -1], [6, 6, -1], [7, 7, -1], [8, 8, -1], [9, 9, -1], [10, 16, -1], [11, 11, -1], [12, 12, -1], [13, 17, -1], [14, 18, -1], [15, 15, -1]],
      places: [["bearer", ["bearer"]]],
      alternatives: [["bearer"]],
      parameters: {".column": 2, ".row": 1},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "game",
        strip: ["api-key","authorization","x-authz-open"],
        cookies: [],
        query: [],
        identity: function (run) { return []; }
      }
    };
  case 3:
    return {
      id: "PUT /board/{row}/{column}",
      kind: "route",
      steps: [[1, 0, -1], [2, 1, -1], [3, 2, -1], [4, 3, -1], [5, 5, -1], [6, 6, -1], [7, 7, -1], [8, 19, -1], [9, 9, -1], [10, 16, -1], [11, 11, -1], [12, 20, -1], [13, 21, -1], [14, 22, -1], [15, 15, -1]],
      places: [["bearer", ["bearer"]]],
      alternatives: [["bearer"]],
      parameters: {".column": 2, ".row": 1},
      depth: 32,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "game",
        strip: ["api-key","authorization","x-authz-open"],
        cookies: [],
        query: [],
        identity: function (run) { return []; }
      }
    };
  case 4:
    return {
      id: "undeclared /board",
      kind: "undeclared",
      steps: [[1, 0, -1], [2, 1, -1], [3, 2, -1], [4, 3, -1], [7, 23, -1]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["auth.failed","authz.denied","check.failed","input.rejected","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 5:
    return {
      id: "undeclared /board/{row}/{column}",
      kind: "undeclared",
      steps: [[1, 0, -1], [2, 1, -1], [3, 2, -1], [4, 3, -1], [7, 24, -1]],
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
