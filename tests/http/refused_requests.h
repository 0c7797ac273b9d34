// Requests that no handler may ever see, with the status that answers them.
#ifndef TESTS_HTTP_REFUSED_REQUESTS_H_
#define TESTS_HTTP_REFUSED_REQUESTS_H_

#include <string>
#include <string_view>
#include <vector>

namespace verge::http {

struct RefusedRequest {
  std::string bytes;
  int status;
};

inline std::vector<RefusedRequest> RefusedRequests() {
  using namespace std::string_literals;
  std::vector<RefusedRequest> all;

  // Whole request lines.
  const auto line = [&](std::string text, int status) {
    all.push_back({std::move(text) + "\r\nHost: a\r\n\r\n", status});
  };
  line("GET  / HTTP/1.1", 400);
  line("GET /  HTTP/1.1", 400);
  line("GET / HTTP/1.1 ", 400);
  line(" GET / HTTP/1.1", 400);
  line("GET\t/ HTTP/1.1", 400);
  line("GET /\tHTTP/1.1", 400);
  line("GET /", 400);
  line("GET", 400);
  line("GET / ", 400);
  line("/ HTTP/1.1", 400);
  line("GET / HTTP/1.1x", 400);
  line("GET / HTTP/11", 400);
  line("GET / HTTP/1.", 400);
  line("GET / HTTP/a.b", 400);
  line("GET / http/1.1", 400);
  line("GET / HTPP/1.1", 400);
  line("GET / HTTPX/1.1", 400);
  line("DESCRIBE / HTPP/1.1", 400);
  line("GET / RTSP/1.0", 400);
  line("SOURCE / ICE/1.0", 400);
  line("GET / HTTP/1.2", 505);
  line("GET / HTTP/2.0", 505);
  line("GET / HTTP/0.9", 505);
  line("GET / HTTP/3.0", 505);
  line("G@T / HTTP/1.1", 400);
  line("\x16\x03\x01", 400);
  line("GET\x01 / HTTP/1.1", 400);
  line("FOO / HTTP/1.1", 501);
  line("GE / HTTP/1.1", 501);
  line("GETX / HTTP/1.1", 501);
  line("get / HTTP/1.1", 501);
  line("DESCRIBE / HTTP/1.1", 501);
  line("CONNECT a:80 HTTP/1.1", 501);
  line("POST /\r HTTP/1.1", 400);
  all.push_back({"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505});
  all.push_back({"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  all.push_back({"\r\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  all.push_back({"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  all.push_back({"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  all.push_back({"GET / HTTP/1.1\nHost: a\r\n\r\n", 400});
  all.push_back({"GET / HTTP/1.1\r\nHost: a\r\n\n", 400});
  all.push_back({"GET / HTTP/1.1\r\nHost: a\r\n\rX", 400});
  all.push_back({"GET / HTTP/1.1\r\nHost: a\n\r\n", 400});

  const auto target = [&](const std::string& text) {
    all.push_back({"GET " + text + " HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  };
  for (const char* text : {"foo",
                           "*",
                           "/a#b",
                           "/#",
                           "/\x80",
                           "/\xc3\xa4",
                           "/\x7f",
                           "/\x01",
                           "/?\x01",
                           "http:///x",
                           "http://",
                           "http://u@a/",
                           "http://u:p@a/",
                           "ftp://a/",
                           "file:///etc/passwd",
                           "http:/a",
                           "http://a b/",
                           "http://a:x/",
                           "http://a:99999/",
                           "http://[::1/",
                           "http://[]/",
                           "a:80",
                           "javascript:1",
                           "http://a/#x",
                           "//",
                           "?x"}) {
    if (std::string_view(text) != "//") target(text);
  }
  target("/a\0b"s);

  // Header fields of a request that is fine without them.
  const auto field = [&](const std::string& text, int status = 400) {
    all.push_back({"POST / HTTP/1.1\r\nHost: a\r\n" + text + "\r\n\r\n", status});
  };
  field("A : b");
  field("A\t: b");
  field(": b");
  field(" A: b");
  field("A b: c");
  field("A");
  field("A\r\nB: c");
  field("(: b");
  field("A\x80: b");
  field("A\0: b"s);
  field("A: b\0c"s);
  field("A: b\rc");
  field("A: b\nc: d");
  field("A: b\r\n c");
  field("A: b\r\n\tc");
  field("A:\r\n c");
  field("A: \x01");
  field("A: \x7f");
  field("A: b\x0b");
  field("Content-Length: 5\r\nTransfer-Encoding: chunked");
  field("Transfer-Encoding: chunked\r\nContent-Length: 5");
  field("Transfer-Encoding: chunked\r\nContent-Length: 0");
  field("Content-Length: 5\r\nContent-Length: 5");
  field("Content-Length: 5\r\nContent-Length: 6");
  field("Content-Length: 5\r\ncontent-length: 5");
  field("Content-Length: 5, 5");
  field("Content-Length: 5,");
  field("Content-Length: +5");
  field("Content-Length: -5");
  field("Content-Length: 5 5");
  field("Content-Length: 0x5");
  field("Content-Length: 5a");
  field("Content-Length: 5.0");
  field("Content-Length: \"5\"");
  field("Content-Length:");
  field("Content-Length: 18446744073709551616");
  field("Content-Length: 99999999999999999999999");
  field("Content-Length: 18446744073709551615", 413);
  field("Transfer-Encoding: gzip", 501);
  field("Transfer-Encoding: identity", 501);
  field("Transfer-Encoding: xchunked", 501);
  field("Transfer-Encoding: chunkedx", 501);
  field("Transfer-Encoding: gzip, chunked", 501);
  field("Transfer-Encoding: chunked, gzip");
  field("Transfer-Encoding: chunked, chunked");
  field("Transfer-Encoding: chunked,");
  field("Transfer-Encoding: , chunked");
  field("Transfer-Encoding: \"chunked\"", 501);
  field("Transfer-Encoding:");
  field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked");
  field("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip");
  field("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked");
  field("Host: a");
  field("Host: b");
  field("Expect: 200-ok", 417);
  field("Expect: 100-continue, x", 417);
  field("Expect:", 417);

  const auto host = [&](const std::string& text) {
    all.push_back({"GET / HTTP/1.1\r\nHost:" + text + "\r\n\r\n", 400});
  };
  for (const char* text :
       {"",      " ",    " u@a",      " a b",    " a/b",     " a?b",     " a#b",     " a\\b", " a,b c", " http://a",
        " [::1", " ::1", " [::1]x",   " [zz::]", " a:b",     " a:80:80", " a:65536", " a:-1", " %",     " %zz",
        " a\"",  " <a>", " \xc3\xa4", " :80",    " [::1]:x", " a^b",     " a|b",     " {a}"}) {
    host(text);
  }
  all.push_back({"GET / HTTP/1.1\r\n\r\n", 400});
  all.push_back({"GET http://a/ HTTP/1.1\r\n\r\n", 400});
  all.push_back({"GET http://a/ HTTP/1.1\r\nHost: u@b\r\n\r\n", 400});
  all.push_back({"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400});
  all.push_back({"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400});
  return all;
}

}  // namespace verge::http

#endif  // TESTS_HTTP_REFUSED_REQUESTS_H_
