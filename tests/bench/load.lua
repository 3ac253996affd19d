-- For wrk: one kind of request over and over.
-- arguments: METHOD BODY AUTHORIZATION CONTENT_TYPE; {n} in BODY becomes a number that is never used
-- twice; an AUTHORIZATION of @FILE takes the lines of the file in turn.  At the end it writes a line
-- of JSON that begins with "result ".

local method, body, authorization, content_type
local lines, at, numbered, number = {}, 0, false, 0

function init(args)
   method, body, authorization, content_type = args[1], args[2], args[3], args[4]
   if authorization:sub(1, 1) == "@" then
      for line in io.lines(authorization:sub(2)) do lines[#lines + 1] = line end
   end
   numbered = body:find("{n}", 1, true) ~= nil
   -- Runs of the same case begin elsewhere.
   number = os.time() * 1000000 + math.floor(os.clock() * 1000) % 1000
   wrk.method = method
   wrk.headers["Content-Type"] = content_type
   wrk.headers["Accept"] = "application/json, text/event-stream"
   wrk.headers["MCP-Protocol-Version"] = "2025-06-18"
   if #lines == 0 and authorization ~= "" then wrk.headers["Authorization"] = authorization end
   if body ~= "" then wrk.body = body end
   fixed = (#lines == 0 and not numbered) and wrk.format() or nil
end

function request()
   if fixed then return fixed end
   local headers = wrk.headers
   if #lines > 0 then
      at = at % #lines + 1
      headers["Authorization"] = lines[at]
   end
   if not numbered then return wrk.format(nil, nil, headers) end
   number = number + 1
   return wrk.format(nil, nil, headers, (body:gsub("{n}", string.format("%d", number))))
end

function done(summary, latency)
   local errors = summary.errors
   print(string.format(
      'result {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"failed":%d,"refused":%d}',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
