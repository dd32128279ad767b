// The router: [literal child, parameter, rest, template that ends here] of each node. Generated.

function nodeOf_0(number, segment) {
  "use strict";
  switch (number) {
  case 0:
    switch (segment) {
    case "departments":
      return [1, -1, -1, -1];
    case "users":
      return [5, -1, -1, -1];
    default:
      return [-1, -1, -1, -1];
    }
    return [-1, -1, -1, -1];
  case 1:
    return [-1, 2, -1, -1];
  case 2:
    switch (segment) {
    case "documents":
      return [3, -1, -1, -1];
    default:
      return [-1, -1, -1, -1];
    }
    return [-1, -1, -1, -1];
  case 3:
    return [-1, 4, -1, -1];
  case 4:
    return [-1, -1, -1, 0];
  case 5:
    return [-1, 6, -1, 1];
  case 6:
    return [-1, -1, -1, 2];
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
    return {methods: {".GET": 1}, preflights: {".GET": 2}, undeclared: 9};
  case 1:
    return {methods: {".GET": 3}, preflights: {".GET": 4}, undeclared: 10};
  case 2:
    return {methods: {".DELETE": 5, ".GET": 7}, preflights: {".DELETE": 6, ".GET": 8}, undeclared: 11};
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

