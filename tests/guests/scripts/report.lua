-- Works on files as a script of a user would: reads a log, groups, sorts, writes a report, reads it
-- back; with closures, coroutines, patterns, metatables, errors and long strings.
local folder = arg[1]

local function generate(path, lines)
  local file <close> = assert(io.open(path, "w"))
  local x = 42
  for i = 1, lines do
    x = (x * 1103515245 + 12345) % 2147483648
    local host = ("host%02d"):format(x // 65536 % 20)
    file:write(("%06d %s GET /page/%d %d %.3f\n"):format(i, host, x % 97, 200 + x // 7 % 3 * 100, x % 1000 / 7))
  end
end

local function records(path)
  return coroutine.wrap(function()
    for line in io.lines(path) do
      local id, host, page, status, time = line:match("^(%d+) (%S+) GET (%S+) (%d+) ([%d.]+)$")
      coroutine.yield { id = tonumber(id), host = host, page = page, status = tonumber(status), time = tonumber(time) }
    end
  end)
end

local Totals = {}
Totals.__index = Totals
function Totals.new() return setmetatable({ count = 0, time = 0, worst = 0 }, Totals) end
function Totals:add(record)
  self.count = self.count + 1
  self.time = self.time + record.time
  self.worst = math.max(self.worst, record.time)
end
Totals.__tostring = function(self)
  return ("%d requests, mean %.4f, worst %.4f"):format(self.count, self.time / self.count, self.worst)
end

local log, report = folder .. "/log.txt", folder .. "/report.txt"
generate(log, 20000)
local hosts = setmetatable({}, { __index = function(t, k) local v = Totals.new() rawset(t, k, v) return v end })
for record in records(log) do hosts[record.host]:add(record) end

local names = {}
for name in pairs(hosts) do names[#names + 1] = name end
table.sort(names, function(a, b) return hosts[a].time > hosts[b].time end)
local out = assert(io.open(report, "w"))
for i, name in ipairs(names) do out:write(i, " ", name, " ", tostring(hosts[name]), "\n") end
out:close()

for line in io.lines(report) do print(line) end
print(os.rename(report, folder .. "/final.txt"), (io.open(report)))
print(select(2, pcall(error, { code = 7 })).code, pcall(error, "text", 0))
print(pcall(string.rep, "x", -1), pcall(function() return nil + 1 end))
local ok, message = xpcall(function() local t = nil; return t.x end, function(m) return "handled: " .. m end)
print(ok, message)
local function depth(n) return n == 0 and 0 or 1 + depth(n - 1) end
print(depth(10000), pcall(function() local function f() return 1 + f() end return f() end))
print(("%5.1f|%-8s|%q|%x"):format(3.14159, "left", "a\nb", 255), #string.rep("ab", 1000000), ("x"):rep(3, ","))
print(table.concat({ ("a,b;c d"):gsub("[,; ]", "/") }, " "), utf8.len("äöü€"), 7 // 2, 7.5 // 2, -7 % 3, 1 << 62)
print(math.maxinteger + 1 == math.mininteger, 2 ^ 53, 10 / 3, 1e300 * 1e10, string.pack("<i4", 100):byte(1, -1))
print(os.getenv("GUEST_NAME"), arg[2], #arg)
os.exit(9)
