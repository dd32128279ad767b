-- Counters and revocations in Redis, which all nodes share. What Redis does not answer is nil; nobody takes nil for a yes.
--
-- Names, each behind the prefix of the configuration: `limit:...` a counter; `deny:VALUE` a claim on the deny list (any value);
-- `principal:ID` a hash with `version` and `not_before`, the lowest that are still good.
local redis = require("resty.redis")
local scripts = use("scripts")

local M = {}

local function opened(settings)
  local client = redis:new()
  client:set_timeouts(settings.timeout, settings.timeout, settings.timeout)
  local ready = client:connect(settings.host, settings.port, {
    ssl = settings.ssl, ssl_verify = settings.ssl_verify, server_name = settings.server_name or settings.host,
    pool = table.concat({ "seccfg", settings.host, settings.port, settings.database, tostring(settings.ssl) }, ":"),
  })
  if not ready then
    return nil
  end
  local used = client:get_reused_times()
  if used == 0 then
    if settings.password and settings.password ~= "" then
      local known
      if settings.username and settings.username ~= "" then
        known = client:auth(settings.username, settings.password)
      else
        known = client:auth(settings.password)
      end
      if not known then
        client:close()
        return nil
      end
    end
    if settings.database ~= 0 and not client:select(settings.database) then
      client:close()
      return nil
    end
  elseif not used then
    return nil
  end
  return client
end

local function hex(bytes)
  return (string.gsub(bytes, ".", function(char)
    return string.format("%02x", string.byte(char))
  end))
end

local digests = {}

-- The answer of one script; nil when there is none.
local function run(q, script, names, arguments)
  local client = q.settings.redis and opened(q.settings.redis)
  if not client then
    return nil
  end
  local digest = digests[script]
  if not digest then
    digest = hex(ngx.sha1_bin(script))
    digests[script] = digest
  end
  local all = { #names }
  for number = 1, #names do
    all[#all + 1] = q.settings.redis.prefix .. names[number]
  end
  for number = 1, #arguments do
    all[#all + 1] = arguments[number]
  end
  local found, problem = client:evalsha(digest, unpack(all))
  if not found and problem and string.find(problem, "NOSCRIPT", 1, true) then
    found, problem = client:eval(script, unpack(all))
  end
  if not found or problem then
    client:close()
    return nil
  end
  client:set_keepalive(60000, 100)
  return found
end

-- -------------------------------------------------------------------------------------------------------- counters
local function asked(q, how, counters)
  local names, arguments = {}, { how, string.format("%.0f", q.now) }
  for number = 1, #counters do
    local counter = counters[number]
    names[number] = "limit:" .. counter.name
    arguments[#arguments + 1] = counter.algorithm
    arguments[#arguments + 1] = counter.size
    arguments[#arguments + 1] = counter.window
    arguments[#arguments + 1] = counter.burst
  end
  return run(q, scripts.counters, names, arguments)
end

-- Seconds until the counter admits one more, 0 when it does now.
function M.wait(q, counter)
  return asked(q, "wait", { counter })
end

-- Counts on all of them, or on none: 0, or the place of the first that is exhausted.
function M.charge(q, counters)
  return asked(q, "charge", counters)
end

-- ------------------------------------------------------------------------------------------------------ revocations
-- { denied, version, not_before } of each of `tokens` = { deny = claim or nil, principal = id }.
function M.revocations(q, tokens)
  local names = {}
  for number = 1, #tokens do
    names[#names + 1] = "deny:" .. (tokens[number].deny or "")
    names[#names + 1] = "principal:" .. tokens[number].principal
  end
  local found = run(q, scripts.revocations, names, {})
  if not found or #found ~= 3 * #tokens then
    return nil
  end
  local answers = {}
  for number = 1, #tokens do
    local at = 3 * number - 2
    answers[number] = { denied = found[at] == "1", version = tonumber(found[at + 1]), not_before = tonumber(found[at + 2]) }
    if found[at + 1] ~= "" and not answers[number].version or found[at + 2] ~= "" and not answers[number].not_before then
      return nil -- what somebody wrote there is no number: nobody knows what it was to say
    end
  end
  return answers
end

return M
