-- Addresses: bare IPv4 and IPv6 texts, and blocks of them. { family, its 16-bit groups } without bit operations.
local text = use("text")
local find, floor, format, match = string.find, math.floor, string.format, string.match

local M = {}

local function ipv4(written)
  local a, b, c, d = match(written, "^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$")
  if not a then
    return nil
  end
  local bytes = { a, b, c, d }
  for number = 1, 4 do
    local digits = bytes[number]
    bytes[number] = tonumber(digits)
    -- a leading zero means octal to some readers
    if bytes[number] > 255 or (#digits > 1 and find(digits, "^0")) then
      return nil
    end
  end
  return { bytes[1] * 256 + bytes[2], bytes[3] * 256 + bytes[4], family = 4 }
end

-- Appends the groups of one side of `::`; false when it has what is none.
local function groups(side, into)
  if side == "" then
    return true
  end
  local parts, count = text.split(side, ":")
  for number = 1, count do
    local part = parts[number]
    if find(part, ".", 1, true) and number == count then
      local last = ipv4(part)
      if not last then
        return false
      end
      into[#into + 1] = last[1]
      into[#into + 1] = last[2]
    elseif find(part, "^%x%x?%x?%x?$") then
      into[#into + 1] = tonumber(part, 16)
    else
      return false
    end
  end
  return true
end

local function ipv6(written)
  local found = { family = 6 }
  local left, right = match(written, "^(.-)::(.*)$")
  if not left then
    return groups(written, found) and #found == 8 and found or nil
  end
  local after = {}
  if find(right, "::", 1, true) or (left ~= "" and find(left, ".", 1, true)) then
    return nil
  end
  if not groups(left, found) or not groups(right, after) or #found + #after > 7 then
    return nil
  end
  for _ = 1, 8 - #found - #after do
    found[#found + 1] = 0
  end
  for number = 1, #after do
    found[#found + 1] = after[number]
  end
  return found
end

-- A bare address: no port, no brackets, no zone. IPv4-mapped IPv6 is IPv4. nil for anything else.
function M.read(written)
  if find(written, ":", 1, true) then
    local found = ipv6(written)
    if not found then
      return nil
    end
    for number = 1, 5 do
      if found[number] ~= 0 then
        return found
      end
    end
    if found[6] ~= 65535 then
      return found
    end
    return { found[7], found[8], family = 4 }
  end
  return ipv4(written)
end

-- A block holds its first groups (`whole` of them) and then, of the next group, what is left of it divided by `unit`.
function M.within(address, blocks)
  for number = 1, #blocks do
    local block = blocks[number]
    if block.family == address.family then
      local same = true
      for at = 1, block.whole do
        if address[at] ~= block[at] then
          same = false
          break
        end
      end
      if same and (block.unit == nil or floor(address[block.whole + 1] / block.unit) == block.part) then
        return true
      end
    end
  end
  return false
end

local function dotted(address)
  return format("%d.%d.%d.%d", floor(address[1] / 256), address[1] % 256, floor(address[2] / 256), address[2] % 256)
end

-- Canonical: dotted decimal, or RFC 5952.
function M.text(address)
  if address.family == 4 then
    return dotted(address)
  end
  local best, best_length, run, at = 0, 1, 0, 0
  for number = 1, 9 do
    if number < 9 and address[number] == 0 then
      if run == 0 then
        at = number
      end
      run = run + 1
    else
      if run > best_length then
        best, best_length = at, run
      end
      run = 0
    end
  end
  local out = {}
  local number = 1
  while number <= 8 do
    if number == best then
      out[#out + 1] = number == 1 and "::" or ":"
      number = number + best_length
    else
      out[#out + 1] = format("%x", address[number]) .. (number < 8 and ":" or "")
      number = number + 1
    end
  end
  return table.concat(out)
end

-- What limits by address count: the IPv4 address, the IPv6 /64.
function M.counted(address)
  if address.family == 4 then
    return dotted(address)
  end
  return format("%x:%x:%x:%x/64", address[1], address[2], address[3], address[4])
end

return M
