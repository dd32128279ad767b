-- The host's primitives, from Kong's PDK and nginx. `data` says which log fields and which dictionary.
local byte, find, sub = string.byte, string.find, string.sub

local M = {}

local TOKEN_HEADER = "x-seccfg-token"

function M.method()
  return kong.request.get_method()
end

-- The request target as it was sent. Nothing else has it whole: paths are normalised, absolute forms cut.
function M.target()
  local line = ngx.var.request or ""
  -- the usual line, without a pattern that tries every end
  local first, last = find(line, " ", 1, true), find(line, " HTTP/1.", -9, true)
  if first and last == #line - 8 and first < last and byte(line, first + 1) ~= 32 and byte(line, last - 1) ~= 32 then
    return sub(line, first + 1, last - 1)
  end
  return string.match(line, "^%S+ +(.-) +HTTP/[%d.]+$") or string.match(line, "^%S+ +(.*)$") or ""
end

function M.now()
  return ngx.time()
end

local MOST_HEADERS = 1000

-- Lower-case name -> value or list of values. More than anybody reads is no request we can judge.
function M.headers()
  local headers, truncated = ngx.req.get_headers(MOST_HEADERS)
  if truncated then
    error("more headers than can be read")
  end
  return headers
end

-- The connection's other end, whatever the real-ip module made of it.
function M.peer()
  return kong.client.get_ip()
end

function M.scheme()
  return kong.request.get_scheme()
end

function M.http_version()
  return kong.request.get_http_version()
end

function M.body()
  return kong.request.get_raw_body()
end

function M.counters()
  return ngx.shared.kong_rate_limiting_counters
end

function M.new_ident()
  return ngx.var.request_id or string.format("%.3f-%d", ngx.now(), math.random(1, 999999999))
end

-- Sizes of signatures that Kong's jwt plugin answers others of with an error of its own (500).
local SIZES = { ES256 = 64, ES384 = 96, ES512 = 132, PS256 = 256, PS384 = 256, PS512 = 256 }

-- Hands the branch's token to the jwt plugin, in a header that nobody but us can fill. One token at most: of several the
-- plugin would check none. `lines` are the headers the client sent.
function M.hand_over(tokens, lines)
  if lines[TOKEN_HEADER] or lines["x_seccfg_token"] then
    kong.service.request.clear_header(TOKEN_HEADER)
    kong.service.request.clear_header("x_seccfg_token")
  end
  if #tokens ~= 1 then
    return false
  end
  local token, key = tokens[1][1], tokens[1][2]
  local claimed = token.payload.kid
  local size = SIZES[token.header.alg]
  if (size and token.size ~= size) or (claimed ~= nil and claimed ~= token.header.kid) or not key then
    return false
  end
  kong.service.request.set_header(TOKEN_HEADER, "Bearer " .. token.text)
  return true
end

-- The jwt plugin has checked exactly this token, with a credential of this key.
function M.signed(token, key)
  local credential = kong.client.get_credential()
  return credential ~= nil and credential.key == key.kid and credential.algorithm == token.header.alg
    and kong.ctx.shared.authenticated_jwt_token == token.text
end

-- The certificate of the TLS handshake with those it came with, as PEM; nil for none.
function M.certificate()
  return kong.client.tls.get_full_client_certificate_chain()
end

-- Whom the mtls-auth plugin takes everybody for whose certificate an authority of the route issued.
local TRUSTED = "seccfg-certificates"

function M.certificate_valid()
  local consumer = kong.client.get_consumer()
  return consumer ~= nil and consumer.username == TRUSTED
end

function M.set_header(name, value)
  kong.service.request.set_header(name, value)
end

function M.clear_header(name)
  kong.service.request.clear_header(name)
end

function M.set_query(query)
  kong.service.request.set_raw_query(query)
end

-- Kong has worked out X-Forwarded-* before any plugin; these are the variables its proxy block sends.
function M.forwarded(client, proto, name)
  ngx.var.upstream_x_forwarded_for = client
  ngx.var.upstream_x_forwarded_proto = proto
  ngx.var.upstream_x_forwarded_host = name
end

-- What Kong's authentication plugins tell the upstream, and we do not.
local CONSUMER_HEADERS = {
  "x-consumer-id", "x-consumer-custom-id", "x-consumer-username", "x-credential-identifier", "x-anonymous-consumer",
  TOKEN_HEADER,
}

-- What a client sent of them is cleared as ours; without a token or a consumer nobody else set any.
function M.clear_consumer(handed_over)
  if not handed_over and not kong.client.get_consumer() then
    return
  end
  for number = 1, #CONSUMER_HEADERS do
    kong.service.request.clear_header(CONSUMER_HEADERS[number])
  end
end

function M.log(fields)
  kong.log.set_serialize_value("seccfg", fields)
end

function M.exit(status, body, headers)
  return kong.response.exit(status, body, headers)
end

-- ------------------------------------------------------------------------------------------------- the way back
function M.source()
  return kong.response.get_source()
end

function M.status()
  return kong.response.get_status()
end

function M.set_status(code)
  kong.response.set_status(code)
end

function M.set_response_header(name, value)
  kong.response.set_header(name, value)
end

function M.add_response_header(name, value)
  kong.response.add_header(name, value)
end

function M.clear_response_header(name)
  kong.response.clear_header(name)
end

function M.replace_body(body)
  kong.ctx.shared.seccfg_body = body
end

return M
