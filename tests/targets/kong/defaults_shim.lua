-- What schema files of Kong need around them: other schemas are loaded, all else is a table that answers anything.
local function anything()
  local made = {}
  return setmetatable(made, { __index = function() return anything() end, __call = function(self, given) return type(given) == "table" and given or self end,
                              __concat = function() return "" end, __len = function() return 0 end })
end
local load_file = ...
ngx = setmetatable({ null = {}, re = anything(), config = { subsystem = "http" } }, { __index = function() return anything() end })
kong = setmetatable({ configuration = setmetatable({ loaded_plugins = {} }, { __index = function() return false end }) },
                    { __index = function() return anything() end })
local KEPT = { ["kong.db.schema.typedefs"] = true, ["kong.tools.queue_schema"] = true, ["kong.constants"] = true,
               ["kong.plugins.request-size-limiting.handler"] = true }
local own = require
local loaded = {}
function require(name)
  if loaded[name] == nil then
    if KEPT[name] or string.find(name, "^kong%.plugins%..*schema") or string.find(name, "^kong%.tools%.redis%.schema") or string.find(name, "^kong%.db%.schema%.entities") then
      loaded[name] = load_file(name)
    elseif name == "kong.tools.table" then
      loaded[name] = { deep_copy = function(given) local made = {} for k, v in pairs(given) do made[k] = v end return made end,
                       cycle_aware_deep_copy = function(given) return given end, table_merge = function(a, b) for k, v in pairs(b) do a[k] = v end return a end,
                       deep_merge = function(a, b) for k, v in pairs(b) do a[k] = v end return a end, concat = function(a) return a end }
    elseif name == "kong.db.schema" then
      loaded[name] = { validators = anything(), define = function(base) return setmetatable(base, { __call = function(self, given)
        local made = {} for k, v in pairs(self) do made[k] = v end for k, v in pairs(given or {}) do made[k] = v end return made end }) end }
    else
      loaded[name] = anything()
    end
  end
  return loaded[name]
end
