#include "http/client/tls.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

#include "http/field_syntax.h"
#include "http/socket_address.h"
#include "http/tls_socket.h"

namespace verge::http {

namespace {

// How much ciphertext one recv may bring.
constexpr size_t kReadBuffer = 64 * 1024;

// ---- Trusted roots

constexpr const char* kRootFiles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",                   // older Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/ssl/cert.pem",                                  // Alpine, BSD
    "/etc/pki/tls/cacert.pem",                            // OpenELEC
};
constexpr const char* kRootDirectories[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};

// Whether `path` has certificates named by the hash of their subjects, as c_rehash makes them: then only those that a
// handshake needs are ever read.
bool IsHashedDirectory(const char* path) {
  DIR* directory = opendir(path);
  if (!directory) return false;
  bool found = false;
  while (const dirent* entry = found ? nullptr : readdir(directory)) {
    const std::string_view name = entry->d_name;
    found = name.size() == 10 && name.ends_with(".0") &&
            std::ranges::all_of(name.substr(0, 8), [](char c) { return HexDigit(c) >= 0; });
  }
  closedir(directory);
  return found;
}

bool LoadSystemRoots(X509_STORE* store) {
  const char* file = std::getenv("SSL_CERT_FILE");
  const char* directory = std::getenv("SSL_CERT_DIR");
  if (file || directory) {
    bool loaded = false;
    if (file) loaded |= X509_STORE_load_file(store, file) == 1;
    if (directory) loaded |= X509_STORE_load_path(store, directory) == 1;
    return loaded;
  }
  for (const char* path : kRootDirectories) {
    if (IsHashedDirectory(path)) return X509_STORE_load_path(store, path) == 1;
  }
  for (const char* path : kRootFiles) {
    if (access(path, R_OK) == 0 && X509_STORE_load_file(store, path) == 1) return true;
  }
  return X509_STORE_set_default_paths(store) == 1;
}

// One store for all clients that want the same: it is megabytes when it comes from one file.
std::expected<std::shared_ptr<X509_STORE>, std::string> Roots(const std::string& ca_file) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<X509_STORE>>* const stores =
      new std::map<std::string, std::weak_ptr<X509_STORE>>;
  const std::scoped_lock lock(mutex);
  std::weak_ptr<X509_STORE>& known = (*stores)[ca_file];
  if (std::shared_ptr<X509_STORE> store = known.lock()) return store;
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), &X509_STORE_free);
  ERR_clear_error();
  if (ca_file.empty()) {
    // Without any, every certificate is refused, with a message that says so.
    if (!LoadSystemRoots(store.get())) ERR_clear_error();
  } else if (X509_STORE_load_file(store.get(), ca_file.c_str()) != 1) {
    ERR_clear_error();
    return std::unexpected("no certificates can be read from " + ca_file);
  }
  known = store;
  return store;
}

int SlotIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int OnNewSession(SSL* ssl, SSL_SESSION* session) {
  auto* slot = static_cast<TlsSessionSlot*>(SSL_get_ex_data(ssl, SlotIndex()));
  if (!slot || !SSL_SESSION_is_resumable(session)) return 0;
  slot->session.reset(session);
  return 1;
}

}  // namespace

std::expected<std::unique_ptr<TlsContext>, std::string> TlsContext::Create(const std::string& ca_file) {
  std::expected<std::shared_ptr<X509_STORE>, std::string> roots = Roots(ca_file);
  if (!roots) return std::unexpected(std::move(roots.error()));
  std::unique_ptr<TlsContext> made(new TlsContext);
  made->roots_ = std::move(*roots);
  made->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = made->context_.get();
  if (!context) return std::unexpected("OpenSSL cannot be set up");
  SSL_CTX_set1_cert_store(context, made->roots_.get());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadBuffer);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &OnNewSession);
  constexpr std::string_view kProtocols = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(kProtocols.data()), kProtocols.size());
  return made;
}

std::unique_ptr<TlsStream> TlsStream::Create(const TlsContext& context, int fd, std::string_view host,
                                             TlsSessionSlot* slot) {
  std::unique_ptr<TlsStream> stream(new TlsStream);
  stream->ssl_.reset(SSL_new(context.get()));
  SSL* ssl = stream->ssl_.get();
  if (!ssl) return nullptr;
  BIO* bio = NewSocketBio(fd);
  if (!bio) return nullptr;
  SSL_set_bio(ssl, bio, bio);

  std::string name(host);
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (const std::optional<SocketAddress> address = ParseAddress(host)) {
    name = AddressText(*address);
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) != 1) return nullptr;
  } else {
    if (name.ends_with('.')) name.pop_back();
    if (SSL_set1_host(ssl, name.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return nullptr;
  }
  SSL_set_ex_data(ssl, SlotIndex(), slot);
  // A TLS 1.3 ticket is for one use (RFC 8446, C.4).
  if (slot->session) SSL_set_session(ssl, slot->session.get());
  if (slot->session && SSL_SESSION_get_protocol_version(slot->session.get()) >= TLS1_3_VERSION) slot->session.reset();
  SSL_set_connect_state(ssl);
  return stream;
}

TlsStream::Result TlsStream::ResultOf(int returned) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return Result::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return Result::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Result::kEnd;
    case SSL_ERROR_SYSCALL:
      failed_ = truncated_ = true;
      return Result::kTruncated;
    default:
      failed_ = true;
      error_ = ERR_peek_error();
      truncated_ = ERR_GET_REASON(error_) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
      ERR_clear_error();
      return truncated_ ? Result::kTruncated : Result::kFailed;
  }
}

TlsStream::Result TlsStream::Handshake() {
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  return returned == 1 ? Result::kDone : ResultOf(returned);
}

TlsStream::Result TlsStream::Read(uint8_t* buffer, size_t size, size_t& count) {
  count = 0;
  if (failed_) return truncated_ ? Result::kTruncated : Result::kFailed;
  // One call brings one record at most.
  while (count < size) {
    size_t got = 0;
    ERR_clear_error();
    const int returned = SSL_read_ex(ssl_.get(), buffer + count, size - count, &got);
    if (returned != 1) {
      const Result result = ResultOf(returned);
      // What ended the reading comes again the next time.
      return count != 0 ? Result::kDone : result;
    }
    count += got;
  }
  return Result::kDone;
}

TlsStream::Result TlsStream::Write(std::string_view data, size_t& count) {
  count = 0;
  if (failed_) return Result::kFailed;
  ERR_clear_error();
  const int returned = SSL_write_ex(ssl_.get(), data.data(), data.size(), &count);
  return returned == 1 ? Result::kDone : ResultOf(returned);
}

TlsStream::~TlsStream() {
  if (!ssl_ || failed_) return;
  Shutdown();
  // OpenSSL takes a session for broken whose connection was not shut down from both sides.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void TlsStream::Shutdown() {
  if (failed_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool TlsStream::pending() const { return !failed_ && SSL_has_pending(ssl_.get()) == 1; }

std::string TlsStream::HandshakeError(std::string_view peer) const {
  const std::string name(peer);
  const long verified = SSL_get_verify_result(ssl_.get());  // NOLINT(google-runtime-int): as OpenSSL has it
  switch (verified) {
    case X509_V_OK:
      break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "certificate of " + name + " is for another name";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "certificate of " + name + " has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "certificate of " + name + " is not valid yet";
    default:
      return "certificate of " + name + " is not trusted: " + X509_verify_cert_error_string(verified);
  }
  if (truncated_) return "connection to " + name + " was closed during the TLS handshake";
  const char* reason = error_ != 0 ? ERR_reason_error_string(error_) : nullptr;
  return "TLS handshake with " + name + " failed" + (reason ? ": " + std::string(reason) : "");
}

}  // namespace verge::http
