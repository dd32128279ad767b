# What decision logs never show, and which decisions are logged at all.
package system.log

mask contains "/input/body/text"

mask contains "/input/certificate"

mask contains "/input/verified"

mask contains "/nd_builtin_cache"

mask contains "/input/headers/authorization"

mask contains "/input/attributes/request/http/headers/authorization"

mask contains "/input/request/http/headers/authorization"

mask contains "/input/headers/cookie"

mask contains "/input/attributes/request/http/headers/cookie"

mask contains "/input/request/http/headers/cookie"

mask contains "/input/headers/proxy-authorization"

mask contains "/input/attributes/request/http/headers/proxy-authorization"

mask contains "/input/request/http/headers/proxy-authorization"

mask contains "/input/attributes/request/http/body"

mask contains "/input/attributes/metadataContext"

mask contains "/input/attributes/source/certificate"

mask contains "/input/request/http/body"

wanted := {
	"access.allowed",
	"auth.failed",
	"authz.denied",
	"check.failed",
	"input.rejected",
	"rate.limited",
}

drop if {
	is_string(input.result.event)
	count({input.result.event} & wanted) == 0
}
