-- Consent in nginx: documents decoded by cjson, flags from an LRU cache in each worker
-- with Redis behind it, pseudonyms by libcrypto.
local cjson = require "cjson.safe"
local lrucache = require "resty.lrucache"
local redis = require "nginx.redis"
local bit = require "bit"
local ffi = require "ffi"

ffi.cdef [[
typedef struct evp_md_st EVP_MD;
typedef struct hmac_ctx_st HMAC_CTX;
const EVP_MD *EVP_sha256(void);
HMAC_CTX *HMAC_CTX_new(void);
int HMAC_Init_ex(HMAC_CTX *, const void *, int, const EVP_MD *, void *);
int HMAC_Update(HMAC_CTX *, const char *, size_t);
int HMAC_Final(HMAC_CTX *, unsigned char *, unsigned int *);
]]

local DEVICE_ID, LOCATION, APP_LIST, NETWORK_ID, COOKIES = 1, 2, 4, 8, 16
local KEEP = 300      -- seconds
local ENTRIES = 100000
local TIMEOUT = 200   -- milliseconds
local CONNECTIONS = 32

-- The most digits that this cjson can write.
cjson.encode_number_precision(14)

-- All pairs of hexadecimal digits, by the byte that they stand for.
local pairs_of = {}
for byte = 0, 255 do pairs_of[byte] = string.format("%02x", byte) end

local consent = {}
consent.__index = consent

function consent.new(host, port, key, upstream)
    local self = { host = host, port = port, prefix = upstream .. "\0" }
    self.known = assert(lrucache.new(ENTRIES))
    self.mac = ffi.C.HMAC_CTX_new()
    ffi.C.HMAC_Init_ex(self.mac, key, #key, ffi.C.EVP_sha256(), nil)
    self.sum = ffi.new("unsigned char[32]")
    self.digits = {}
    return setmetatable(self, consent)
end

function consent:pseudonym(value)
    local mac, sum, digits = self.mac, self.sum, self.digits
    ffi.C.HMAC_Init_ex(mac, nil, 0, nil, nil)
    ffi.C.HMAC_Update(mac, self.prefix, #self.prefix)
    ffi.C.HMAC_Update(mac, value, #value)
    ffi.C.HMAC_Final(mac, sum, nil)
    for i = 1, 32 do digits[i] = pairs_of[sum[i - 1]] end
    return table.concat(digits)
end

-- Asks Redis. Who is not known there granted nothing; nil where it does not answer.
function consent:ask(subject)
    local connection = redis:new()
    connection:set_timeout(TIMEOUT)
    if not connection:connect(self.host, self.port) then return nil end
    local flags, err = connection:get("c:" .. subject)
    if err then return nil end
    connection:set_keepalive(60000, CONNECTIONS)
    return tonumber(flags) or 0
end

function consent:of(subject)
    local flags = self.known:get(subject)
    if flags then return flags end
    flags = self:ask(subject)
    if not flags then return 0 end
    self.known:set(subject, flags, KEEP)
    return flags
end

local function round(place, key)
    if place[key] then place[key] = math.floor(place[key] * 10 + 0.5) / 10 end
end

function consent:edit(device, flags)
    if bit.band(flags, DEVICE_ID) == 0 then
        device.imei = nil
        if device.oaid then device.oaid = self:pseudonym(device.oaid) end
        if device.ifa then device.ifa = self:pseudonym(device.ifa) end
    end
    if device.geo and bit.band(flags, LOCATION) == 0 then
        round(device.geo, "lat")
        round(device.geo, "lon")
    end
    if device.ext and bit.band(flags, APP_LIST) == 0 then device.ext.applist = nil end
    if device.ip and bit.band(flags, NETWORK_ID) == 0 then
        device.ip = device.ip:match("^%d+%.%d+%.%d+%.") .. "0"
    end
end

function consent:enforce()
    ngx.req.read_body()
    local document = cjson.decode(ngx.req.get_body_data() or "")
    if not document then return ngx.exit(422) end
    local device = document.device or {}
    local flags = self:of(device.oaid or "")
    self:edit(device, flags)
    if bit.band(flags, COOKIES) == 0 then ngx.req.clear_header("Cookie") end
    ngx.req.set_body_data(cjson.encode(document))
end

return consent
