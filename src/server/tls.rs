//! HTTPS: a certificate made at the start, and handshakes.
//!
//! The certificate of the server is signed by an authority that exists for this one start. What clients are to trust is the authority's
//! certificate, which is written to a file; both private keys stay in memory, and the authority's is gone before the first connection.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{Span, Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

use super::settings::wall_ms;

/// Longest time that a handshake may take.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Days that a certificate is good for; some clients refuse more than 398.
const DAYS_VALID: i64 = 397;
/// Names that the certificate always bears.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// The first byte of a TLS record with a handshake (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
/// Most bytes read of a request that came without TLS, before it is answered.
const PLAIN_BYTES_MAX: usize = 4 * 1024;
const PLAIN_ANSWER: &str = "this port speaks HTTPS; write https:// in place of http://\n";

/// Makes a certificate for this host, writes what clients are to trust to the file, and gives the acceptor.
pub fn acceptor(host: &str, file: &Path) -> Result<TlsAcceptor, String> {
    let made = certificate(host, wall_ms()).map_err(|error| format!("cannot be made: {error}"))?;
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| format!("its folder cannot be made: {error}"))?;
    }
    std::fs::write(file, &made.trusted).map_err(|error| format!("cannot be written: {error}"))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let chain = vec![made.certificate];
    let mut config =
        builder.with_no_client_auth().with_single_cert(chain, made.key).map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The stream behind the handshake; nothing when there is none. Who speaks plain HTTP is told so.
pub async fn handshake(acceptor: &TlsAcceptor, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    let handshake = async {
        let mut first = [0];
        if stream.peek(&mut first).await.ok()? == 0 {
            return None;
        }
        if first[0] != HANDSHAKE {
            answer_plainly(stream).await;
            return None;
        }
        acceptor.accept(stream).await.ok()
    };
    tokio::time::timeout(HANDSHAKE_TIME_MAX, handshake).await.ok()?
}

async fn answer_plainly(mut stream: TcpStream) {
    // What was sent is read first: closing a socket with unread bytes resets it, and the answer could be lost.
    let mut seen = [0; PLAIN_BYTES_MAX];
    let _ = stream.read(&mut seen).await;
    let length = PLAIN_ANSWER.len();
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{PLAIN_ANSWER}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

struct Made {
    /// The authority's certificate, as PEM.
    trusted: String,
    certificate: tokio_rustls::rustls::pki_types::CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

/// Good from the day before `now` (wall time, ms): clocks of other machines may be behind.
fn certificate(host: &str, now: i64) -> Result<Made, rcgen::Error> {
    let authority_key = KeyPair::generate()?;
    let mut authority = dated(CertificateParams::default(), now);
    authority.distinguished_name = named("standin, for this start only");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let trusted = authority.self_signed(&authority_key)?.pem();

    let key = KeyPair::generate()?;
    let mut server = dated(CertificateParams::new(names(host))?, now);
    server.distinguished_name = named("standin");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let signed = server.signed_by(&key, &Issuer::new(authority, authority_key))?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    Ok(Made { trusted, certificate: signed.der().clone(), key })
}

fn names(host: &str) -> Vec<String> {
    let mut names: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if !bare.is_empty() && !names.iter().any(|name| name.eq_ignore_ascii_case(bare)) {
        names.push(bare.to_owned());
    }
    names
}

/// By which callers on this machine reach a server with such a certificate.
pub fn origins(host: &str, port: u16) -> Vec<String> {
    let bracketed = |name: &String| if name.contains(':') { format!("[{name}]") } else { name.clone() };
    names(host).iter().map(|name| format!("https://{}:{port}", bracketed(name))).collect()
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn dated(mut parameters: CertificateParams, now: i64) -> CertificateParams {
    let now = Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    let day = |days: i64| {
        let date = now.saturating_add(Span::new().days(days));
        rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    parameters.not_before = day(-1);
    parameters.not_after = day(DAYS_VALID - 1);
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_names_this_machine_and_the_host_once() {
        assert_eq!(names("127.0.0.1"), NAMES);
        assert_eq!(names("[::1]"), NAMES);
        assert_eq!(names("LOCALHOST"), NAMES);
        assert_eq!(names("fake.test"), ["localhost", "127.0.0.1", "::1", "fake.test"]);
    }

    #[test]
    fn what_is_written_holds_no_key() {
        let made = certificate("fake.test", 1_767_225_600_000).unwrap();
        assert!(made.trusted.starts_with("-----BEGIN CERTIFICATE-----"));
        assert_eq!(made.trusted.matches("-----BEGIN").count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error_that_says_so() {
        let reason = acceptor("localhost", Path::new("/dev/null/standin.pem")).err().unwrap();
        assert!(reason.starts_with("its folder cannot be made: "), "{reason}");
        let reason = acceptor("localhost", Path::new("/")).err().unwrap();
        assert!(reason.starts_with("cannot be written: "), "{reason}");
    }

    #[test]
    fn a_host_that_is_no_name_is_an_error() {
        assert!(acceptor("žluť", Path::new("/nowhere/x.pem")).is_err());
    }
}
