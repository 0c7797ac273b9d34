#include "tests/http/tls_origin.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace verge::http {

namespace {

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  ASSERT_TRUE(extension) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

int SelectProtocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned int in_size,
                   void*) {
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, size, kProtocols, sizeof kProtocols - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::string TestCertificate::WriteToFile() const {
  std::string name = testing::TempDir() + "verge-ca-XXXXXX";
  const int fd = mkstemp(name.data());
  FILE* file = fdopen(fd, "w");
  PEM_write_X509(file, certificate.get());
  fclose(file);
  return name;
}

TestCertificate MakeCertificate(const CertificateOptions& options) {
  static long serial = 1;
  TestCertificate made;
  made.key.reset(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  made.certificate.reset(X509_new(), &X509_free);
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), options.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), options.to);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(options.name.c_str()),
                             -1, -1, 0);
  X509* issuer = options.issuer ? options.issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  AddExtension(certificate, issuer, NID_basic_constraints,
               options.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (options.authority) AddExtension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate, issuer, NID_subject_key_identifier, "hash");
  if (!options.alternatives.empty()) AddExtension(certificate, issuer, NID_subject_alt_name, options.alternatives);
  X509_sign(certificate, options.issuer ? options.issuer->key.get() : made.key.get(), EVP_sha256());
  return made;
}

std::shared_ptr<SSL_CTX> MakeServerContext(const TestCertificate& certificate) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), certificate.certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), certificate.key.get());
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("test"), 4);
  SSL_CTX_set_alpn_select_cb(context.get(), &SelectProtocol, nullptr);
  return context;
}

TlsPeer::TlsPeer(SSL_CTX* context, TestClient& peer) : peer_(peer), ssl_(SSL_new(context), &SSL_free) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(ssl_.get());
}

void TlsPeer::Pump() {
  if (!peer_.input.empty()) {
    BIO_write(SSL_get_rbio(ssl_.get()), peer_.input.data(), static_cast<int>(peer_.input.size()));
    peer_.input.clear();
  }
  ERR_clear_error();
  if (!established && !failed) {
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      established = true;
    } else if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
      failed = true;
    }
  }
  while (established && !ended) {
    std::array<char, 16384> buffer;
    const int count = SSL_read(ssl_.get(), buffer.data(), buffer.size());
    if (count <= 0) {
      ended = SSL_get_error(ssl_.get(), count) == SSL_ERROR_ZERO_RETURN;
      break;
    }
    input.append(buffer.data(), static_cast<size_t>(count));
  }
  while (established && !output_.empty() && peer_.unsent() < 1024 * 1024) {
    const size_t count = std::min<size_t>(output_.size(), 256 * 1024);
    if (SSL_write(ssl_.get(), output_.data(), static_cast<int>(count)) <= 0) break;
    output_.erase(0, count);
    MoveOut();
  }
  MoveOut();
}

void TlsPeer::MoveOut() {
  char* data = nullptr;
  BIO* bio = SSL_get_wbio(ssl_.get());
  const long size = BIO_get_mem_data(bio, &data);
  if (size <= 0) return;
  peer_.Send({data, static_cast<size_t>(size)});
  BIO_reset(bio);
}

void TlsPeer::Send(std::string_view data) {
  output_.append(data);
  Pump();
}

void TlsPeer::Shutdown() {
  SSL_shutdown(ssl_.get());
  MoveOut();
}

}  // namespace verge::http
