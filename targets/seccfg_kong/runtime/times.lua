-- Timestamps as whole seconds since 1970-01-01T00:00:00Z, in the Gregorian calendar.
local find, floor, match, sub = string.find, math.floor, string.match, string.sub

local M = {}

local FIRST, LAST = -62135596800, 253402300799
local LONGEST = 9223372036
local MONTH_DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function is_leap(year)
  return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
end

-- Counted from 1 March of year 0, so that leap days come last.
local function days_of(year, month, day)
  local shifted = month <= 2 and year - 1 or year
  local era = floor(shifted / 400)
  local year_of_era = shifted - era * 400
  local of_year = floor((153 * (month > 2 and month - 3 or month + 9) + 2) / 5) + day - 1
  return era * 146097 + year_of_era * 365 + floor(year_of_era / 4) - floor(year_of_era / 100) + of_year - 719468
end

local function date_of(days)
  local shifted = days + 719468
  local era = floor(shifted / 146097)
  local of_era = shifted - era * 146097
  local year_of_era = floor((of_era - floor(of_era / 1460) + floor(of_era / 36524) - floor(of_era / 146096)) / 365)
  local since_march = of_era - (365 * year_of_era + floor(year_of_era / 4) - floor(year_of_era / 100))
  local month = floor((5 * since_march + 2) / 153)
  local day = since_march - floor((153 * month + 2) / 5) + 1
  month = month < 10 and month + 3 or month - 9
  return era * 400 + year_of_era + (month <= 2 and 1 or 0), month, day
end

local function offset_of(written)
  if written == "Z" then
    return 0
  end
  local sign, hours, minutes = match(written, "^([+-])(%d%d):(%d%d)$")
  hours, minutes = tonumber(hours), tonumber(minutes)
  if not sign or hours > 23 or minutes > 59 then
    return nil
  end
  return (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1)
end

-- Seconds of an RFC 3339 date-time with an offset; a fraction may be written only when it is zero. nil for anything else.
function M.read(written)
  local year, month, day, hour, minute, second, rest =
    match(written, "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)(.+)$")
  if not year then
    return nil
  end
  if find(rest, "^%.0+") then
    rest = sub(rest, select(2, find(rest, "^%.0+")) + 1)
  end
  local offset = offset_of(rest)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if not offset or month < 1 or month > 12 or hour > 23 or minute > 59 or second > 59 or year < 1 or day < 1 then
    return nil
  end
  if day > MONTH_DAYS[month] + (month == 2 and is_leap(year) and 1 or 0) then
    return nil
  end
  local seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
  return seconds >= FIRST and seconds <= LAST and seconds or nil
end

function M.is_timestamp(seconds)
  return seconds >= FIRST and seconds <= LAST
end

function M.is_duration(seconds)
  return seconds >= -LONGEST and seconds <= LONGEST
end

-- A field of a timestamp in UTC: months, days of month and of year count from 0, Sunday is 0.
function M.field(part, seconds)
  local days = floor(seconds / 86400)
  local clock = seconds - days * 86400
  if part == "getHours" then
    return floor(clock / 3600)
  elseif part == "getMinutes" then
    return floor(clock / 60) % 60
  elseif part == "getSeconds" then
    return clock % 60
  elseif part == "getDayOfWeek" then
    return (days + 4) % 7
  end
  local year, month, day = date_of(days)
  if part == "getFullYear" then
    return year
  elseif part == "getMonth" then
    return month - 1
  elseif part == "getDate" then
    return day
  elseif part == "getDayOfMonth" then
    return day - 1
  end
  return days - days_of(year, 1, 1)
end

-- A duration in units of so many seconds, towards zero.
function M.units(seconds, unit)
  local whole = floor(math.abs(seconds) / unit)
  return seconds < 0 and -whole or whole
end

return M
