-- Step 15: what the upstream receives. What only we may say is removed in every spelling, then the verified values are set.
local addresses = use("addresses")
local decide = use("decide")
local head = use("head")
local values = use("values")
local gsub = string.gsub

local M = {}

-- UTF-8 as Latin-1, which is what a header holds; the program has refused what has no spelling in it.
local function as_latin1(written)
  return (gsub(written, "[\194\195][\128-\191]", function(pair)
    return string.char(string.byte(pair, 1) % 4 * 64 + string.byte(pair, 2) % 64)
  end))
end

local function clear_headers(q, host, plan)
  for name in pairs(q.lines) do
    -- nginx takes `_` for `-` in many places, so a name with `_` is a second spelling of ours
    local dashed = gsub(name, "_", "-")
    if plan.strip[dashed] or q.data.internal[dashed] or (dashed ~= name and q.data.known[dashed])
      or (q.data.proxied[dashed] and not head.peer_trusted(q)) then
      host.clear_header(name)
    end
  end
end

local function without_cookies(q, host, plan)
  local lines = head.lines(q, "cookie")
  if next(plan.cookies) == nil or #lines == 0 or plan.strip.cookie then
    return
  end
  local kept, dropped = {}, false
  for part in string.gmatch(table.concat(lines, ";"), "[^;]+") do
    local name = gsub(string.match(part, "^[^=]*"), "^[ \t]*(.-)[ \t]*$", "%1")
    if plan.cookies[name] then
      dropped = true
    else
      kept[#kept + 1] = gsub(part, "^[ \t]*(.-)[ \t]*$", "%1")
    end
  end
  if dropped then
    host.clear_header("cookie")
    if #kept > 0 then
      host.set_header("cookie", table.concat(kept, "; "))
    end
  end
end

local function without_query(q, host, plan)
  if next(plan.query) == nil or not q.query then
    return
  end
  local kept, dropped = {}, false
  local given = head.query_pairs(q)
  for number = 1, #given do
    if given[number][1] and plan.query[given[number][1]] then
      dropped = true
    else
      kept[#kept + 1] = given[number][3]
    end
  end
  if dropped then
    host.set_query(table.concat(kept, "&"))
  end
end

function M.forward(q, host, ident)
  local plan = q.branch.forward
  local identity = {}
  for number = 1, #plan.set do
    identity[number] = values.identity(q, plan.set[number].field)
  end
  local open = decide.left_open(q)
  clear_headers(q, host, plan)
  without_cookies(q, host, plan)
  without_query(q, host, plan)
  host.forwarded(addresses.text(head.client(q)), head.tls(q) and "https" or "http", head.host(q))
  host.set_header(plan.correlation, ident)
  host.set_header("x-authz-open", open)
  for number = 1, #plan.set do
    if identity[number] then
      host.set_header(plan.set[number].header, as_latin1(identity[number]))
    end
  end
end

return M
