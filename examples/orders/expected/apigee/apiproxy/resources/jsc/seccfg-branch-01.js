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
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 1:
    return {
      id: "GET /v1/account",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 10, 1], [11, 11, 1], [12, 12, 1], [13, 13, 1], [14, 14, 1], [15, 15, 1]],
      places: [["bearer", ["staff","customers"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"],["customers"]],
      parameters: {},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return [["x-tenant", identityText(typed(run.principalAttribute("tenant", "string"), "string"))], ["x-user", identityText(run.principal("subject"))]]; }
      }
    };
  case 2:
    return {
      id: "preflight GET /v1/account",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 16, 1]],
      places: [["bearer", ["staff","customers"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"],["customers"]],
      parameters: {},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 3:
    return {
      id: "DELETE /v1/departments/{department}/orders/{order_id}",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 17, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 18, 1], [11, 19, 1], [12, 12, 1], [13, 20, 1], [14, 21, 1], [15, 15, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {".department": 2, ".order_id": 4},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return [["x-tenant", identityText(typed(run.principalAttribute("tenant", "string"), "string"))], ["x-user", identityText(run.principal("subject"))]]; }
      }
    };
  case 4:
    return {
      id: "preflight DELETE /v1/departments/{department}/orders/{order_id}",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 17, 0], [5, 5, 0], [6, 22, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {".department": 2, ".order_id": 4},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 5:
    return {
      id: "GET /v1/departments/{department}/orders/{order_id}",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 18, 1], [11, 19, 1], [12, 12, 1], [13, 23, 1], [14, 21, 1], [15, 15, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {".department": 2, ".order_id": 4},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return [["x-tenant", identityText(typed(run.principalAttribute("tenant", "string"), "string"))], ["x-user", identityText(run.principal("subject"))]]; }
      }
    };
  case 6:
    return {
      id: "preflight GET /v1/departments/{department}/orders/{order_id}",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 22, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {".department": 2, ".order_id": 4},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 7:
    return {
      id: "PUT /v1/departments/{department}/orders/{order_id}",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 18, 1], [11, 19, 1], [12, 12, 1], [13, 24, 1], [14, 21, 1], [15, 15, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {".department": 2, ".order_id": 4},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { if (meets(run.principal("roles"), ["admin"])) { return [].concat([]); } if ((meets(run.principal("roles"), ["admin", "editor", "service"]) && condition_1_owns_order_holds(run))) { return [].concat(["owns-order"]); } return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return [["x-tenant", identityText(typed(run.principalAttribute("tenant", "string"), "string"))], ["x-user", identityText(run.principal("subject"))]]; }
      }
    };
  case 8:
    return {
      id: "preflight PUT /v1/departments/{department}/orders/{order_id}",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 22, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {".department": 2, ".order_id": 4},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { if (meets(run.principal("roles"), ["admin"])) { return [].concat([]); } if ((meets(run.principal("roles"), ["admin", "editor", "service"]) && condition_1_owns_order_holds(run))) { return [].concat(["owns-order"]); } return []; },
      forward: null
    };
  case 9:
    return {
      id: "GET /v1/health",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 25, 0], [4, 3, 0], [5, 5, 0], [6, 6, 0], [7, 7, 0], [8, 8, 0], [9, 26, 0], [10, 27, 0], [11, 28, 0], [12, 12, 0], [13, 29, 0], [14, 14, 0], [15, 30, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 20,
      revokes: false,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return []; }
      }
    };
  case 10:
    return {
      id: "POST /v1/internal/reindex",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 0], [7, 7, 0], [8, 8, 0], [9, 9, 0], [10, 31, 0], [11, 19, 0], [12, 12, 0], [13, 32, 0], [14, 14, 0], [15, 15, 0]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["mesh","staff"]],
      parameters: {},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "batch",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return [["x-tenant", identityText(typed(run.principalAttribute("tenant", "string"), "string"))], ["x-user", identityText(run.principal("subject"))]]; }
      }
    };
  case 11:
    return {
      id: "GET /v1/orders",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 33, 1], [11, 11, 1], [12, 34, 1], [13, 35, 1], [14, 36, 1], [15, 15, 1]],
      places: [["bearer", ["staff","customers"]], ["cookie __Host-session", ["staff"]], ["header x-api-key", ["partner"]]],
      alternatives: [["staff"],["customers"],["partner"]],
      parameters: {},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return [["x-tenant", identityText(typed(run.principalAttribute("tenant", "string"), "string"))], ["x-user", identityText(run.principal("subject"))]]; }
      }
    };
  case 12:
    return {
      id: "preflight GET /v1/orders",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 37, 1]],
      places: [["bearer", ["staff","customers"]], ["cookie __Host-session", ["staff"]], ["header x-api-key", ["partner"]]],
      alternatives: [["staff"],["customers"],["partner"]],
      parameters: {},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 13:
    return {
      id: "POST /v1/orders",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 38, 1], [9, 9, 1], [10, 18, 1], [11, 19, 1], [12, 39, 1], [13, 40, 1], [14, 41, 1], [15, 15, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return [["x-tenant", identityText(typed(run.principalAttribute("tenant", "string"), "string"))], ["x-user", identityText(run.principal("subject"))]]; }
      }
    };
  case 14:
    return {
      id: "preflight POST /v1/orders",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 37, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 15:
    return {
      id: "GET /v1/reports",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 18, 1], [11, 19, 1], [12, 12, 1], [13, 42, 1], [14, 14, 1], [15, 15, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return [["x-tenant", identityText(typed(run.principalAttribute("tenant", "string"), "string"))], ["x-user", identityText(run.principal("subject"))]]; }
      }
    };
  default:
    return null;
  }
}

function branchOf_1(number) {
  "use strict";
  switch (number) {
  case 16:
    return {
      id: "preflight GET /v1/reports",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 16, 1]],
      places: [["bearer", ["staff"]], ["cookie __Host-session", ["staff"]]],
      alternatives: [["staff"]],
      parameters: {},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 17:
    return {
      id: "GET /v1/tenants/{tenant_id}/orders",
      kind: "route",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 6, 1], [7, 7, 1], [8, 8, 1], [9, 9, 1], [10, 43, 1], [11, 44, 1], [12, 45, 1], [13, 46, 1], [14, 14, 1], [15, 15, 1]],
      places: [["bearer", ["customers"]]],
      alternatives: [["customers"]],
      parameters: {".tenant_id": 2},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: {
        upstream: "main",
        strip: ["authorization","x-api-key","x-authz-open","x-tenant","x-user"],
        cookies: ["__Host-session"],
        query: [],
        identity: function (run) { return [["x-tenant", identityText(typed(run.principalAttribute("tenant", "string"), "string"))], ["x-user", identityText(run.principal("subject"))]]; }
      }
    };
  case 18:
    return {
      id: "preflight GET /v1/tenants/{tenant_id}/orders",
      kind: "preflight",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [5, 5, 0], [6, 16, 1]],
      places: [["bearer", ["customers"]]],
      alternatives: [["customers"]],
      parameters: {".tenant_id": 2},
      depth: 20,
      revokes: true,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 19:
    return {
      id: "undeclared /v1/account",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 47, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 20:
    return {
      id: "undeclared /v1/departments/{department}/orders/{order_id}",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 48, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 21:
    return {
      id: "undeclared /v1/health",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 47, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 22:
    return {
      id: "undeclared /v1/internal/reindex",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 49, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 23:
    return {
      id: "undeclared /v1/orders",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 50, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 24:
    return {
      id: "undeclared /v1/reports",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 47, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
      open: function (run) { return []; },
      forward: null
    };
  case 25:
    return {
      id: "undeclared /v1/tenants/{tenant_id}/orders",
      kind: "undeclared",
      steps: [[1, 0, 0], [2, 1, 0], [3, 2, 0], [4, 3, 0], [7, 47, 0]],
      places: [],
      alternatives: [],
      parameters: {},
      depth: 0,
      revokes: false,
      events: ["access.allowed","auth.failed","authz.denied","check.failed","input.rejected","key.used","rate.limited","token.revoked"],
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
  case 1:
    return branchOf_1(number);
  default:
    return null;
  }
}
