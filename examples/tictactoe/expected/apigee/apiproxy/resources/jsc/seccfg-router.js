// The router: [literal child, parameter, rest, template that ends here] of each node. Generated.

function nodeOf_0(number, segment) {
  "use strict";
  switch (number) {
  case 0:
    switch (segment) {
    case "board":
      return [1, -1, -1, -1];
    default:
      return [-1, -1, -1, -1];
    }
    return [-1, -1, -1, -1];
  case 1:
    return [-1, 2, -1, 0];
  case 2:
    return [-1, 3, -1, -1];
  case 3:
    return [-1, -1, -1, 1];
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
    return {methods: {".GET": 1}, preflights: {}, undeclared: 4};
  case 1:
    return {methods: {".GET": 2, ".PUT": 3}, preflights: {}, undeclared: 5};
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

