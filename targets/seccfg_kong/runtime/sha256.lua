-- SHA-256 (FIPS 180-4) by arithmetic: Kong's sandbox names no bit operations. Words are numbers below 2^32.
local byte, floor, format, rep = string.byte, math.floor, string.format, string.rep

local POWER = {}
for bits = 0, 32 do
  POWER[bits] = 2 ^ bits
end

-- x xor y and x and y of two bytes.
local XOR, AND = {}, {}
for x = 0, 255 do
  for y = 0, 255 do
    local both, either, weight, left, right = 0, 0, 1, x, y
    for _ = 1, 8 do
      local a, b = left % 2, right % 2
      if a ~= b then
        either = either + weight
      elseif a == 1 then
        both = both + weight
      end
      left, right, weight = floor(left / 2), floor(right / 2), weight * 2
    end
    XOR[x * 256 + y], AND[x * 256 + y] = either, both
  end
end

local function by_bytes(of, x, y)
  local a, b = x % 256, y % 256
  local result = of[a * 256 + b]
  x, y = (x - a) / 256, (y - b) / 256
  a, b = x % 256, y % 256
  result = result + of[a * 256 + b] * 256
  x, y = (x - a) / 256, (y - b) / 256
  a, b = x % 256, y % 256
  result = result + of[a * 256 + b] * 65536
  x, y = (x - a) / 256, (y - b) / 256
  return result + of[x * 256 + y] * 16777216
end

local function xor(x, y)
  return by_bytes(XOR, x, y)
end

local function both(x, y)
  return by_bytes(AND, x, y)
end

local function rotate(x, bits)
  local low = x % POWER[bits]
  return (x - low) / POWER[bits] + low * POWER[32 - bits]
end

local function shift(x, bits)
  return floor(x / POWER[bits])
end

-- The first 32 bits of the fractions of the cube roots of the first 64 primes.
local K = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

local function block(message, at, state)
  local words = {}
  for number = 1, 16 do
    local a, b, c, d = byte(message, at, at + 3)
    words[number] = ((a * 256 + b) * 256 + c) * 256 + d
    at = at + 4
  end
  for number = 17, 64 do
    local early, late = words[number - 15], words[number - 2]
    local s0 = xor(xor(rotate(early, 7), rotate(early, 18)), shift(early, 3))
    local s1 = xor(xor(rotate(late, 17), rotate(late, 19)), shift(late, 10))
    words[number] = (words[number - 16] + s0 + words[number - 7] + s1) % 4294967296
  end
  local a, b, c, d, e, f, g, h = unpack(state)
  for number = 1, 64 do
    local s1 = xor(xor(rotate(e, 6), rotate(e, 11)), rotate(e, 25))
    local choice = xor(g, both(e, xor(f, g)))
    local first = h + s1 + choice + K[number] + words[number]
    local s0 = xor(xor(rotate(a, 2), rotate(a, 13)), rotate(a, 22))
    local majority = xor(both(a, xor(b, c)), both(b, c))
    h, g, f = g, f, e
    e = (d + first) % 4294967296
    d, c, b = c, b, a
    a = (first + s0 + majority) % 4294967296
  end
  local sums = { a, b, c, d, e, f, g, h }
  for number = 1, 8 do
    state[number] = (state[number] + sums[number]) % 4294967296
  end
end

-- Lower-case hex of the digest of `message`.
return function(message)
  local length = #message
  local bits = length * 8
  local tail = format("%s%s%s%s", "\128", rep("\0", (55 - length) % 64), "\0\0\0", string.char(
    floor(bits / 4294967296), floor(bits / 16777216) % 256, floor(bits / 65536) % 256, floor(bits / 256) % 256, bits % 256
  ))
  message = message .. tail
  local state = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  }
  for at = 1, #message, 64 do
    block(message, at, state)
  end
  return format(rep("%08x", 8), unpack(state))
end
