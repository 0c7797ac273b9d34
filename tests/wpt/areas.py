"""Which tests of web-platform-tests are run, in which area, and which are left out and why.

Only files named *.any.js come into question: those are written to run in a worker as well as in a window. The first
area whose patterns match a file has it. In a pattern `*` stands for anything within one folder, `**` for any folders.
"""

import re
from typing import NamedTuple


class Area(NamedTuple):
    name: str
    patterns: tuple
    network: bool = False  # talks to the server of web-platform-tests


AREAS = (
    # The shape of interfaces, wherever the test lives.
    Area("idl", tuple(f"{folder}/**idlharness*.any.js" for folder in (
        "FileAPI", "WebCryptoAPI", "compression", "console", "dom", "encoding", "fetch/api", "hr-time",
        "performance-timeline", "streams", "url", "user-timing", "wasm/jsapi", "webidl"))),
    Area("url", ("url/*.any.js",)),
    Area("urlpattern", ("urlpattern/*.any.js",)),
    Area("encoding", ("encoding/**.any.js",)),
    Area("streams", ("streams/**.any.js",)),
    Area("compression", ("compression/**.any.js",)),
    Area("blob", ("FileAPI/blob/**.any.js", "FileAPI/file/**.any.js", "FileAPI/url/**.any.js"),
         network=True),
    Area("formdata", ("xhr/formdata/**.any.js",)),
    Area("webcrypto", ("WebCryptoAPI/**.any.js",)),
    Area("dom-abort", ("dom/abort/**.any.js",)),
    Area("dom-events", ("dom/events/**.any.js",)),
    Area("structured-clone", ("html/webappapis/structured-clone/**.any.js",)),
    Area("timers", ("html/webappapis/timers/**.any.js", "html/webappapis/microtask-queuing/**.any.js",
                    "html/webappapis/atob/**.any.js", "html/webappapis/scripting/reporterror*.any.js",
                    "html/webappapis/system-state-and-capabilities/**.any.js")),
    Area("webidl", ("webidl/**.any.js",)),
    Area("hr-time", ("hr-time/**.any.js", "user-timing/**.any.js", "performance-timeline/**.any.js")),
    Area("console", ("console/**.any.js",)),
    Area("messaging", ("webmessaging/*.any.js", "webmessaging/message-channels/**.any.js",
                       "webmessaging/broadcastchannel/**.any.js",
                       "html/infrastructure/safe-passing-of-structured-data/messagechannel.any.js")),
    Area("wasm", tuple(f"wasm/jsapi/{folder}/**.any.js" for folder in (
        "constructor", "exception", "function", "global", "instance", "interface", "memory", "module", "prototypes",
        "table", "tag")) + ("wasm/jsapi/*.any.js",)),
    Area("mimesniff", ("mimesniff/mime-types/**.any.js",)),
    Area("fetch-headers", ("fetch/api/headers/**.any.js",), network=True),
    Area("fetch-request", ("fetch/api/request/**.any.js", "fetch/api/abort/request*.any.js"), network=True),
    Area("fetch-response", ("fetch/api/response/**.any.js",), network=True),
    Area("fetch-body", ("fetch/api/body/**.any.js", "fetch/data-urls/**.any.js", "fetch/content-type/**.any.js",
                        "fetch/range/data*.any.js", "fetch/range/blob*.any.js"), network=True),
    Area("fetch-network", ("fetch/api/basic/**.any.js", "fetch/api/redirect/**.any.js", "fetch/api/abort/**.any.js",
                           "fetch/content-encoding/**.any.js", "fetch/content-length/**.any.js",
                           "fetch/range/general*.any.js", "fetch/security/1xx*.any.js"), network=True),
    Area("websockets", ("websockets/**.any.js",), network=True),
    Area("eventsource", ("eventsource/**.any.js",), network=True),
)

# A worker on a server has no document, no origin, no cookies and no other worker beside it.
LEFT_OUT = (
    ("what a browser does to protect one site from another", (
        "fetch/**mode-no-cors*", "fetch/**mode-same-origin*", "fetch/**private-network*", "fetch/**headers-no-cors*",
        "fetch/**request-forbidden-headers*", "fetch/**forbidden-method*", "fetch/**request-bad-port*",
        "fetch/api/redirect/redirect-origin*", "fetch/api/redirect/redirect-back-to-original-origin*")),
    ("a document's referrer, or requests that outlive a document", (
        "fetch/**referrer*", "fetch/**keepalive*", "fetch/api/basic/integrity.sub*", "websockets/referrer*")),
    ("the same tests as without .https in the name", ("urlpattern/*.https.any.js",)),
    ("the HTTP cache of a browser", (
        "fetch/api/request/request-cache-*", "fetch/api/basic/conditional-get*", "eventsource/request-cache-control*",
        "fetch/api/abort/cache.https*")),
    ("a server with HTTP/2", ("**.h2.any.js",)),
    ("what only a page or a browser's worker can fetch", (
        "fetch/api/basic/scheme-about*", "fetch/api/basic/scheme-blob*", "fetch/api/basic/scheme-others*",
        "fetch/api/basic/response-url.sub*", "fetch/api/redirect/redirect-schemes*",
        "fetch/api/redirect/redirect-to-dataurl*")),
    ("a page, a frame or another worker", (
        "fetch/api/response/response-blob-realm*", "eventsource/dedicated-worker/**", "eventsource/shared-worker/**",
        "webmessaging/message-channels/*worker*", "webmessaging/message-channels/*user-activation*",
        "webmessaging/message-channels/after-close*", "html/webappapis/timers/evil-spec-example*",
        "html/webappapis/system-state-and-capabilities/the-navigator-object/navigator.any.js",
        "websockets/remove-own-iframe*", "websockets/mixed-content*", "websockets/Create-on-worker*",
        "websockets/bufferedAmount-unchanging*")),
    ("cookies, or credentials that a browser asks its user for", ("websockets/cookies/**", "websockets/**basic-auth*")),
    ("WebSocketStream, which no standard has", ("websockets/stream/**",)),
    ("streams that are transferred to another realm, or own what is written", (
        "streams/transferable/**", "streams/**owning-type*", "streams/**non-transferable-buffers*")),
    ("a garbage collector at the test's command", (
        "**garbage-collect*", "**/gc.any.js", "**/gc-*.any.js", "**exhaust*")),
    ("XMLHttpRequest", ("FileAPI/url/url-with-xhr*",)),
    ("crashes of one browser", ("**/crashtests/**",)),
    ("shared memory, which workers do not have", ("wasm/jsapi/memory/constructor-shared*",)),
    ("proposals for WebAssembly", ("wasm/jsapi/**.tentative.any.js",)),
    ("PerformanceObserver, which workers do not have", (
        "performance-timeline/po-*", "performance-timeline/multiple-buffered*",
        "performance-timeline/supportedEntryTypes*", "performance-timeline/droppedentriescount*",
        "performance-timeline/webtiming-resolution*",
        "performance-timeline/case-sensitivity*", "performance-timeline/navigation-id*",
        "performance-timeline/back-forward*", "performance-timeline/not-clonable*",
        "performance-timeline/timing-removed*", "performance-timeline/idlharness-shadowrealm*")),
    ("timers of more than 24 days", ("html/webappapis/timers/type-long-*",)),
    ("hundreds of RSA keys: minutes of work", ("WebCryptoAPI/generateKey/successes_RSA*",)),
)


def _expression(patterns):
    def one(pattern):
        return re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")

    return re.compile("|".join(one(pattern) for pattern in patterns))


_AREA_EXPRESSIONS = [(area, _expression(area.patterns)) for area in AREAS]
_LEFT_OUT_EXPRESSIONS = [(reason, _expression(patterns)) for reason, patterns in LEFT_OUT]


def area_of(path):
    """The area of a file of a checkout, None when it is in none."""
    for area, expression in _AREA_EXPRESSIONS:
        if expression.fullmatch(path):
            return area
    return None


def reason_to_leave_out(path):
    """Why a file that is in an area is not run; None when it is."""
    for reason, expression in _LEFT_OUT_EXPRESSIONS:
        if expression.fullmatch(path):
            return reason
    return None
