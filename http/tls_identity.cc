#include "http/tls_identity.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <utility>
#include <vector>

namespace verge::http {

namespace {

constexpr size_t kReadBuffer = 64 * 1024;
constexpr std::string_view kHttp11 = "\x08http/1.1";
constexpr unsigned char kSessionContext[] = "verge";

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;

std::string LastError() {
  const unsigned long error = ERR_peek_last_error();  // NOLINT(google-runtime-int): as OpenSSL has it
  const char* reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return reason ? reason : "unknown error";
}

class Identity final : public TlsIdentity {
 public:
  std::vector<Context> contexts;  // never empty
};

// Of those that clients offer; a client that offers none of it speaks HTTP/1.1 nevertheless.
int OnAlpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int in_size,
           void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(kHttp11.data()), kHttp11.size(),
                            in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int OnServerName(SSL* ssl, int*, void* argument) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  for (const Context& context : static_cast<const Identity*>(argument)->contexts) {
    if (X509_check_host(SSL_CTX_get0_certificate(context.get()), name, 0, 0, nullptr) == 1) {
      SSL_set_SSL_CTX(ssl, context.get());
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

std::expected<Context, std::string> MakeContext(const TlsCertificate& certificate, Identity* identity) {
  Context made(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = made.get();
  if (!context) return std::unexpected("OpenSSL cannot be set up");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadBuffer);
  // Sessions are resumed by tickets: nothing is kept here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, &OnAlpn, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, &OnServerName);
  SSL_CTX_set_tlsext_servername_arg(context, identity);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate.certificate_file.c_str()) != 1) {
    return std::unexpected(certificate.certificate_file + ": no certificate in PEM form can be read: " + LastError());
  }
  if (SSL_CTX_use_PrivateKey_file(context, certificate.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return std::unexpected(certificate.key_file + ": no private key for " + certificate.certificate_file +
                           " can be read: " + LastError());
  }
  return made;
}

}  // namespace

std::expected<std::shared_ptr<const TlsIdentity>, std::string> TlsIdentity::Load(
    std::span<const TlsCertificate> certificates) {
  auto identity = std::make_shared<Identity>();
  for (const TlsCertificate& certificate : certificates) {
    auto context = MakeContext(certificate, identity.get());
    if (!context) return std::unexpected(std::move(context.error()));
    identity->contexts.push_back(*std::move(context));
  }
  if (identity->contexts.empty()) return std::unexpected("there is no certificate");
  return identity;
}

SSL_CTX* ContextOf(const TlsIdentity& identity) { return static_cast<const Identity&>(identity).contexts[0].get(); }

}  // namespace verge::http
