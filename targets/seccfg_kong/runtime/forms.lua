-- Atoms of the program's forms over one value. Each is false for an absent value (nil), whatever it asks.
local addresses = use("addresses")
local text = use("text")
local find, lower = string.find, string.lower
local re_find = ngx.re.find

local M = {}

function M.one_of(value, set)
  return value ~= nil and set[value] == true
end

function M.none_of(value, set)
  return value ~= nil and set[value] == nil
end

function M.same_text(left, right)
  return left ~= nil and right ~= nil and lower(left) == lower(right)
end

-- An error of the pattern's engine is neither a match nor none.
function M.found(value, pattern)
  return value ~= nil and re_find(value, pattern, "jo") ~= nil
end

function M.not_found(value, pattern)
  if value == nil then
    return false
  end
  local from, _, failure = re_find(value, pattern, "jo")
  return from == nil and failure == nil
end

-- The same for expressions that are patterns of Lua as well, which costs less.
function M.shows(value, pattern)
  return value ~= nil and find(value, pattern) ~= nil
end

function M.lacks(value, pattern)
  return value ~= nil and find(value, pattern) == nil
end

function M.well_formed_path(value)
  return value ~= nil and text.is_well_formed_path(value)
end

function M.readable(value)
  return value ~= nil and value ~= "" and not find(value, "[%z]") and not find(value, "\239\191\189", 1, true)
    and not find(value, "\237[\160-\191]")
end

-- Latin-1 without control characters and without a space at either end. Texts are UTF-8 here.
function M.sendable(value)
  if value == nil or find(value, "[%z\1-\31\127]") or find(value, "^ ") or find(value, " $") then
    return false
  end
  if not find(value, "[\128-\255]") then
    return true
  end
  local latin = string.gsub(value, "[\194\195][\128-\191]", function(pair)
    local code = string.byte(pair, 1) % 32 * 64 + string.byte(pair, 2) % 64
    return code >= 160 and "" or nil
  end)
  return not find(latin, "[\128-\255]")
end

function M.whole(value)
  return value ~= nil and value % 1 == 0
end

function M.within(value, blocks)
  return value ~= nil and addresses.within(value, blocks)
end

function M.outside(value, blocks)
  return value ~= nil and not addresses.within(value, blocks)
end

function M.size(value)
  return value and #value
end

function M.equal(left, right)
  return left ~= nil and right ~= nil and left == right
end

function M.less(left, right)
  return left ~= nil and right ~= nil and left < right
end

function M.at_most(left, right)
  return left ~= nil and right ~= nil and left <= right
end

function M.plus(value, number)
  return value ~= nil and value + number or nil
end

-- The remaining atoms are over lists of texts.
function M.meets(value, set)
  if value == nil then
    return false
  end
  for number = 1, #value do
    if set[value[number]] then
      return true
    end
  end
  return false
end

function M.avoids(value, set)
  return value ~= nil and not M.meets(value, set)
end

function M.holds_all(value, wanted)
  if value == nil then
    return false
  end
  for number = 1, #wanted do
    local here = false
    for at = 1, #value do
      if value[at] == wanted[number] then
        here = true
        break
      end
    end
    if not here then
      return false
    end
  end
  return true
end

function M.subset(value, set)
  if value == nil then
    return false
  end
  for number = 1, #value do
    if not set[value[number]] then
      return false
    end
  end
  return true
end

-- Each once, in any order.
function M.exactly(value, wanted)
  if value == nil or #value ~= #wanted then
    return false
  end
  if #wanted == 1 then
    return value[1] == wanted[1]
  end
  local left = {}
  for number = 1, #value do
    left[value[number]] = (left[value[number]] or 0) + 1
  end
  for number = 1, #wanted do
    local count = left[wanted[number]]
    if not count or count == 0 then
      return false
    end
    left[wanted[number]] = count - 1
  end
  return true
end

function M.none_shows(value, patterns)
  if value == nil then
    return false
  end
  for number = 1, #value do
    for at = 1, #patterns do
      if not M.not_found(value[number], patterns[at]) then
        return false
      end
    end
  end
  return true
end

return M
