-- For wrk. With a file as its first argument it asks for the paths in it, one a line, in their order; without one
-- it asks for the path of its address. Behind a path may stand headers of its own, `name: value`, a tab before each.
-- At the end it prints one line of JSON.

local paths, requests, position = {}, {}, 0

local function toRequest(line)
  local headers = {}
  for name, value in pairs(wrk.headers) do headers[name] = value end
  for name, value in line:gmatch('\t([^\t:]+): ([^\t]*)') do headers[name] = value end
  return wrk.format(nil, line:match('^[^\t]*'), headers)
end

local function nextRequest()
  position = position % #paths + 1
  local line = paths[position]
  local ready = requests[line]
  if ready == nil then
    ready = toRequest(line)
    requests[line] = ready
  end
  return ready
end

function init(args)
  if args[1] ~= nil then
    for line in io.lines(args[1]) do paths[#paths + 1] = line end
    -- Rounds begin at different places, so that they are not the same round.
    position = tonumber(args[2] or '0') % #paths
    request = nextRequest
    local pause = tonumber(args[3] or '0')
    -- About so long, or all connections would ask at the same moment for ever.
    if pause > 0 then delay = function() return math.random(0, 2 * pause) end end
  end
  io.write('ready\n')
  io.flush()
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"durationUs":%d,"meanUs":%.1f,"p50Us":%d,"p99Us":%d,"maxUs":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency.mean, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
