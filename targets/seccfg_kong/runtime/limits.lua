-- Counters in a store of all nodes where the host has one (`shared_counters`), else in a shared dictionary of this node. There a
-- fixed window is one number that is raised atomically; a bucket and a sliding window are
-- a text that is read and written under a lock, which other workers wait for.
local head = use("head")
local values = use("values")
local floor, format, gmatch, max, min = math.floor, string.format, string.gmatch, math.max, math.min

local M = {}

local LOCK_S, TRIES, PAUSE_S = 1, 200, 0.001

-- Where counters are kept when the dictionary is gone and the policy says `local`: this worker's memory.
local own = { entries = {} }

function own:get(key)
  local entry = self.entries[key]
  if entry and entry.till >= ngx.time() then
    return entry.value
  end
  self.entries[key] = nil
  return nil
end

function own:set(key, value, seconds)
  self.entries[key] = { value = value, till = ngx.time() + seconds }
  return true
end

function own:add()
  return true
end

function own:delete(key)
  self.entries[key] = nil
end

function own:incr(key, by, start, seconds)
  local found = (self:get(key) or start) + by
  self:set(key, found, seconds)
  return found
end

local function store_of(q)
  return q.host_of.counters() or own
end

function M.key(q, number)
  return values.limit_key(q, q.data.limits[number])
end

local function name_of(q, limit, key)
  local memo = q.memo
  if memo.limit ~= limit or memo.limit_key ~= key then
    memo.limit, memo.limit_key = limit, key
    memo.limit_name = "seccfg " .. q.data.service .. " " .. limit.name .. " " .. limit.route .. " " .. key
  end
  return memo.limit_name
end

-- The largest of the base limit and what the principal's roles give.
local function size_of(q, limit)
  local size = limit.limit
  local roles = q.who and q.who.roles or {}
  for number = 1, #limit.tiers do
    local tier = limit.tiers[number]
    for at = 1, #roles do
      if tier.roles[roles[at]] then
        size = max(size, tier.limit)
      end
    end
  end
  return size
end

local function fixed_key(q, limit, name)
  local first = floor(q.now / limit.window) * limit.window
  return name .. " " .. format("%.0f", first), first
end

-- Tokens times the window's seconds, and since when.
local function held(store, q, limit, name, size)
  local full = limit.burst * limit.window
  local left, since = full, q.now
  local state = store:get(name)
  if state then
    left, since = string.match(state, "^(%d+) (%d+)$")
    left, since = tonumber(left), tonumber(since)
  end
  return min(full, left + size * max(0, q.now - since)), since
end

-- Moments and how often each was charged, oldest first, those that still count; and how many that is.
local function alive(store, q, limit, name)
  local moments, total = {}, 0
  for at, count in gmatch(store:get(name) or "", "(%d+) (%d+) ") do
    at, count = tonumber(at), tonumber(count)
    if at > q.now - limit.window then
      moments[#moments + 1] = { at, count }
      total = total + count
    end
  end
  return moments, total
end

-- What the store of all nodes is told of a counter.
local function described(q, number, key)
  local limit = q.data.limits[number]
  local name, size = name_of(q, limit, key), size_of(q, limit)
  if limit.algorithm == "fixed-window" then
    name = fixed_key(q, limit, name)
  end
  return { name = name, algorithm = limit.algorithm, size = size, window = limit.window, burst = limit.burst }
end

-- Seconds to wait as the store of all nodes says, false when it does not answer. Asked once for each limit of a request.
local function shared_wait(q, number)
  local waits = head.remembered(q, "waits")
  if waits[number] == nil then
    local key = not q.memo.alone and M.key(q, number)
    local wait = key and q.host_of.shared_counters.wait(q, described(q, number, key))
    waits[number] = wait or false
    q.memo.alone = q.memo.alone or (key and not wait)
  end
  return waits[number]
end

-- The counters can be read, or may be kept locally.
function M.store(q, number)
  local limit = q.data.limits[number]
  if q.host_of.shared_counters then
    return limit.may_be_local or M.key(q, number) == nil or shared_wait(q, number) ~= false
  end
  return q.host_of.counters() ~= nil or limit.may_be_local
end

local function sliding_wait(moments, total, size, limit, now)
  local over = total - size
  if over < 0 then
    return 0
  end
  for number = 1, #moments do
    over = over - moments[number][2]
    if over < 0 then
      return max(1, moments[number][1] + limit.window - now)
    end
  end
  return limit.window
end

-- Seconds until one more is admitted, 0 when it is now.
function M.wait(q, number)
  local limit = q.data.limits[number]
  local key = M.key(q, number)
  if key == nil then
    return nil
  end
  if q.host_of.shared_counters then
    local shared = shared_wait(q, number)
    if shared or not limit.may_be_local then
      return shared or nil
    end
  end
  local store, name, size = store_of(q), name_of(q, limit, key), size_of(q, limit)
  if limit.algorithm == "fixed-window" then
    local slot, first = fixed_key(q, limit, name)
    if (store:get(slot) or 0) < size then
      return 0
    end
    return first + limit.window - q.now
  elseif limit.algorithm == "token-bucket" then
    local lacking = limit.window - held(store, q, limit, name, size)
    return lacking > 0 and math.ceil(lacking / size) or 0
  end
  local moments, total = alive(store, q, limit, name)
  return sliding_wait(moments, total, size, limit, q.now)
end

local function charge_fixed(store, q, limit, name, size)
  local slot = fixed_key(q, limit, name)
  local count = store:incr(slot, 1, 0, limit.window * 2 + 60)
  if not count then
    return false
  end
  if count > size then
    store:incr(slot, -1, 0, limit.window * 2 + 60)
    return false
  end
  return true, slot
end

local function charge_bucket(store, q, limit, name, size)
  local tokens, since = held(store, q, limit, name, size)
  if tokens < limit.window then
    return false
  end
  local seconds = math.ceil(limit.burst * limit.window / size) + 60
  return store:set(name, format("%.0f %.0f", tokens - limit.window, max(q.now, since)), seconds)
end

local function charge_sliding(store, q, limit, name, size)
  local moments, total = alive(store, q, limit, name)
  if total >= size then
    return false
  end
  local last = moments[#moments]
  if last and last[1] == q.now then
    last[2] = last[2] + 1
  else
    moments[#moments + 1] = { q.now, 1 }
  end
  local written = {}
  for number = 1, #moments do
    written[number] = format("%.0f %.0f ", moments[number][1], moments[number][2])
  end
  return store:set(name, table.concat(written), limit.window + 60)
end

local function locked(store, name, work)
  local lock = name .. " lock"
  for _ = 1, TRIES do
    if store:add(lock, 1, LOCK_S) then
      local done = work()
      store:delete(lock)
      return done
    end
    ngx.sleep(PAUSE_S)
  end
  return false
end

local function charge_one(store, q, number)
  local limit = q.data.limits[number]
  local key = M.key(q, number)
  if key == nil then
    return false
  end
  local name, size = name_of(q, limit, key), size_of(q, limit)
  if limit.algorithm == "fixed-window" then
    return charge_fixed(store, q, limit, name, size)
  end
  local charge = limit.algorithm == "token-bucket" and charge_bucket or charge_sliding
  return locked(store, name, function()
    return charge(store, q, limit, name, size)
  end)
end

local function charge_shared(q, numbers)
  local counters = {}
  for at = 1, #numbers do
    local key = M.key(q, numbers[at])
    if key == nil then
      return numbers[at]
    end
    counters[at] = described(q, numbers[at], key)
  end
  local lost = q.host_of.shared_counters.charge(q, counters)
  if not lost then
    error("the store of counters does not answer")
  end
  return numbers[lost]
end

-- Counts the request on each of these limits. The number of one that others exhausted meanwhile, nil when all admit it;
-- then what was counted before is taken back.
function M.charge(q, numbers)
  if q.host_of.shared_counters and not q.memo.alone then
    return charge_shared(q, numbers)
  end
  local store, counted = store_of(q), {}
  for at = 1, #numbers do
    local done, slot = charge_one(store, q, numbers[at])
    if not done then
      for back = 1, #counted do
        store:incr(counted[back], -1, 0, 60)
      end
      return numbers[at]
    end
    counted[#counted + 1] = slot
  end
  return nil
end

-- Counts a failure, as far as the limit's key can be told.
function M.charge_failure(q, numbers)
  for at = 1, #numbers do
    if q.host_of.shared_counters and not q.memo.alone then
      charge_shared(q, { numbers[at] })
    else
      charge_one(store_of(q), q, numbers[at])
    end
  end
end

return M
