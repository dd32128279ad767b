// The router: [literal child, parameter, rest, template that ends here] of each node. Generated.

function nodeOf_0(number, segment) {
  "use strict";
  switch (number) {
  case 0:
    switch (segment) {
    case "v1":
      return [1, -1, -1, -1];
    default:
      return [-1, -1, -1, -1];
    }
    return [-1, -1, -1, -1];
  case 1:
    switch (segment) {
    case "account":
      return [2, -1, -1, -1];
    case "departments":
      return [3, -1, -1, -1];
    case "health":
      return [7, -1, -1, -1];
    case "internal":
      return [8, -1, -1, -1];
    case "orders":
      return [10, -1, -1, -1];
    case "reports":
      return [11, -1, -1, -1];
    case "tenants":
      return [12, -1, -1, -1];
    default:
      return [-1, -1, -1, -1];
    }
    return [-1, -1, -1, -1];
  case 2:
    return [-1, -1, -1, 0];
  case 3:
    return [-1, 4, -1, -1];
  case 4:
    switch (segment) {
    case "orders":
      return [5, -1, -1, -1];
    default:
      return [-1, -1, -1, -1];
    }
    return [-1, -1, -1, -1];
  case 5:
    return [-1, 6, -1, -1];
  case 6:
    return [-1, -1, -1, 1];
  case 7:
    return [-1, -1, -1, 2];
  case 8:
    switch (segment) {
    case "reindex":
      return [9, -1, -1, -1];
    default:
      return [-1, -1, -1, -1];
    }
    return [-1, -1, -1, -1];
  case 9:
    return [-1, -1, -1, 3];
  case 10:
    return [-1, -1, -1, 4];
  case 11:
    return [-1, -1, -1, 5];
  case 12:
    return [-1, 13, -1, -1];
  case 13:
    switch (segment) {
    case "orders":
      return [14, -1, -1, -1];
    default:
      return [-1, -1, -1, -1];
    }
    return [-1, -1, -1, -1];
  case 14:
    return [-1, -1, -1, 6];
  default:
    return null;
  }
}

function nodeOf(number, segment) {
  "use strict";
  switch (Math.floor(number / 16)) {
  case 0:
    return nodeOf_0(number, segment);
  default:
    return null;
  }
}

function templateOf_0(number) {
  "use strict";
  switch (number) {
  case 0:
    return {methods: {".GET": 1}, preflights: {".GET": 2}, undeclared: 19};
  case 1:
    return {methods: {".DELETE": 3, ".GET": 5, ".PUT": 7}, preflights: {".DELETE": 4, ".GET": 6, ".PUT": 8}, undeclared: 20};
  case 2:
    return {methods: {".GET": 9}, preflights: {}, undeclared: 21};
  case 3:
    return {methods: {".POST": 10}, preflights: {}, undeclared: 22};
  case 4:
    return {methods: {".GET": 11, ".POST": 13}, preflights: {".GET": 12, ".POST": 14}, undeclared: 23};
  case 5:
    return {methods: {".GET": 15}, preflights: {".GET": 16}, undeclared: 24};
  case 6:
    return {methods: {".GET": 17}, preflights: {".GET": 18}, undeclared: 25};
  default:
    return null;
  }
}

function templateOf(number) {
  "use strict";
  switch (Math.floor(number / 16)) {
  case 0:
    return templateOf_0(number);
  default:
    return null;
  }
}

