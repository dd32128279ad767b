-- What Redis runs, each as one step that no other request comes between.
local M = {}

-- ARGV: `wait` or `charge`, the time in seconds, then of each key its algorithm, size, window in seconds and burst. A fixed
-- window is a number, a bucket `tokens since` (tokens times the window's seconds), a sliding window `moment count ...`.
M.counters = [==[
local how, now = ARGV[1], tonumber(ARGV[2])

local function counter(number)
  local at = 4 * number - 1
  return {
    key = KEYS[number], algorithm = ARGV[at], size = tonumber(ARGV[at + 1]), window = tonumber(ARGV[at + 2]),
    burst = tonumber(ARGV[at + 3]), value = redis.call("GET", KEYS[number]) or nil,
  }
end

local function held(c)
  local full = c.burst * c.window
  if not c.value then
    return full, now
  end
  local left, since = string.match(c.value, "^(%d+) (%d+)$")
  left, since = tonumber(left), tonumber(since)
  return math.min(full, left + c.size * math.max(0, now - since)), since
end

local function alive(c)
  local moments, total = {}, 0
  for at, count in string.gmatch(c.value or "", "(%d+) (%d+) ") do
    at, count = tonumber(at), tonumber(count)
    if at > now - c.window then
      moments[#moments + 1] = { at, count }
      total = total + count
    end
  end
  return moments, total
end

local function wait(c)
  if c.algorithm == "fixed-window" then
    if tonumber(c.value or "0") < c.size then
      return 0
    end
    return (math.floor(now / c.window) + 1) * c.window - now
  elseif c.algorithm == "token-bucket" then
    local lacking = c.window - held(c)
    return lacking > 0 and math.ceil(lacking / c.size) or 0
  end
  local moments, total = alive(c)
  local over = total - c.size
  for number = 0, over >= 0 and #moments or 0 do
    if number > 0 then
      over = over - moments[number][2]
    end
    if over < 0 then
      return number > 0 and math.max(1, moments[number][1] + c.window - now) or 0
    end
  end
  return c.window
end

local function keep(c, value, seconds)
  redis.call("SET", c.key, value, "EX", string.format("%.0f", seconds))
end

local function take(c)
  if c.algorithm == "fixed-window" then
    keep(c, string.format("%.0f", tonumber(c.value or "0") + 1), c.window * 2 + 60)
  elseif c.algorithm == "token-bucket" then
    local left, since = held(c)
    local value = string.format("%.0f %.0f", left - c.window, math.max(now, since))
    keep(c, value, math.ceil(c.burst * c.window / c.size) + 60)
  else
    local moments = alive(c)
    local last = moments[#moments]
    if last and last[1] == now then
      last[2] = last[2] + 1
    else
      moments[#moments + 1] = { now, 1 }
    end
    local written = {}
    for number = 1, #moments do
      written[number] = string.format("%.0f %.0f ", moments[number][1], moments[number][2])
    end
    keep(c, table.concat(written), c.window + 60)
  end
end

if how == "wait" then
  return wait(counter(1))
end
local all = {}
for number = 1, #KEYS do
  all[number] = counter(number)
  if wait(all[number]) > 0 then
    return number
  end
end
for number = 1, #all do
  take(all[number])
end
return 0
]==]

-- KEYS: of each token the name of its deny-list entry and of its principal. Three texts each: `1` or empty, the lowest version,
-- the first good time.
M.revocations = [==[
local found = {}
for number = 1, #KEYS, 2 do
  found[#found + 1] = redis.call("EXISTS", KEYS[number]) == 1 and "1" or ""
  found[#found + 1] = redis.call("HGET", KEYS[number + 1], "version") or ""
  found[#found + 1] = redis.call("HGET", KEYS[number + 1], "not_before") or ""
end
return found
]==]

return M
