-- Over lists and JSON values: what conditions and schemas ask of more than one value.
local json = use("json")
local text = use("text")
local re_find = ngx.re.find

local M = {}

function M.any(items, test)
  for number = 1, #items do
    if test(items[number]) then
      return true
    end
  end
  return false
end

function M.all(items, test)
  for number = 1, #items do
    if not test(items[number]) then
      return false
    end
  end
  return true
end

function M.is_array(value)
  return type(value) == "table" and value.a ~= nil
end

function M.is_object(value)
  return type(value) == "table" and value.o ~= nil
end

function M.is_whole(value)
  return type(value) == "number" and value % 1 == 0
end

function M.is_null(value)
  return value == json.null
end

M.characters = text.characters

-- An error of the pattern's engine fits nothing.
function M.shows(value, pattern)
  return re_find(value, pattern, "jou") ~= nil
end

function M.lacks(value, pattern)
  local from, _, failure = re_find(value, pattern, "jou")
  return from == nil and failure == nil
end

function M.members(object)
  local count = 0
  for _ in pairs(object.o) do
    count = count + 1
  end
  return count
end

function M.every_item(array, first, test)
  for number = first, array.n do
    if not test(array.a[number]) then
      return false
    end
  end
  return true
end

function M.every_member(object, test)
  for name, value in pairs(object.o) do
    if not test(name, value) then
      return false
    end
  end
  return true
end

function M.same(left, right)
  if type(left) ~= "table" or type(right) ~= "table" then
    return left == right
  end
  if left == json.null or right == json.null then
    return left == right
  end
  if left.a and right.a then
    if left.n ~= right.n then
      return false
    end
    for number = 1, left.n do
      if not M.same(left.a[number], right.a[number]) then
        return false
      end
    end
    return true
  end
  if not left.o or not right.o or M.members(left) ~= M.members(right) then
    return false
  end
  for name, value in pairs(left.o) do
    if right.o[name] == nil or not M.same(value, right.o[name]) then
      return false
    end
  end
  return true
end

function M.is_unique(array)
  for number = 1, array.n do
    for other = number + 1, array.n do
      if M.same(array.a[number], array.a[other]) then
        return false
      end
    end
  end
  return true
end

-- How many of the tests hold.
function M.holding(value, tests)
  local count = 0
  for number = 1, #tests do
    if tests[number](value) then
      count = count + 1
    end
  end
  return count
end

return M
