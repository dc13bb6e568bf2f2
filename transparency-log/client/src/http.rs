//! One exchange over HTTP, bounded in bytes and time, without redirects.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use rustls::CertificateError;
use ureq::http::{HeaderMap, Response, header};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Proxy};

use crate::base_url::BaseUrl;
use crate::limits::{MAX_CONNECT_TIME, MAX_HEADER_BYTES};

/// What a server answered, whatever the status.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status, 100 to 999.
    pub status: u16,
    /// The media type without parameters, in lower case; empty if the server named none.
    pub content_type: String,
    /// `Retry-After` in seconds; a date there is not read.
    pub retry_after_seconds: Option<u64>,
    /// The body after decompression.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Nobody answered: no such name, no route, connection refused, TLS not agreed.
    #[error("{url} cannot be reached: {}", cause(.why))]
    Unreachable {
        /// The URL asked.
        url: String,
        /// What the transport says.
        why: Box<ureq::Error>,
    },
    /// Whoever answered does not show that the machine is the one of the URL. Nothing was asked of it.
    #[error("{url} is not believed to be that machine, by its certificate: {}", certificate_words(.why))]
    Certificate {
        /// The URL asked.
        url: String,
        /// What is wrong with the certificate.
        why: Box<CertificateError>,
    },
    /// The exchange took longer than it may.
    #[error("{url} did not answer within {limit_seconds} s")]
    TimedOut {
        /// The URL asked.
        url: String,
        /// The limit.
        limit_seconds: u64,
    },
    /// The body is longer than it may be.
    #[error("{url} answers with more than {limit_bytes} bytes")]
    TooLong {
        /// The URL asked.
        url: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// The answer is not HTTP, or broke off.
    #[error("{url} answers with something that is not HTTP, or broke off: {}", cause(.why))]
    Broken {
        /// The URL asked.
        url: String,
        /// What the transport says.
        why: Box<ureq::Error>,
    },
    /// A redirect. Where data comes from is the user's choice, not the server's.
    #[error("{url} redirects elsewhere, which is not followed (status {status})")]
    Redirect {
        /// The URL asked.
        url: String,
        /// The status.
        status: u16,
    },
}

/// Connections to one server, kept open between exchanges.
#[derive(Clone, Debug)]
pub struct Http {
    agent: Agent,
    max_time: Duration,
}

impl Http {
    /// A client for one server. Proxy variables (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) count, but not for
    /// this machine itself. Opens no connection.
    pub fn new(base: &BaseUrl, max_time: Duration) -> Http {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let proxy = if base.is_loopback() { None } else { Proxy::try_from_env() };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(MAX_HEADER_BYTES)
            .user_agent(concat!("pinfold/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy)
            .tls_config(tls)
            .timeout_global(Some(max_time))
            .timeout_connect(Some(MAX_CONNECT_TIME.min(max_time)))
            .build()
            .new_agent();
        Http { agent, max_time }
    }

    /// `GET`. The body may be compressed with gzip, also where that was not asked for.
    ///
    /// # Errors
    ///
    /// [`FetchError`]; any status but a redirect is an answer.
    pub fn get(&self, url: &str, max_bytes: usize) -> Result<HttpAnswer, FetchError> {
        // Logs may send gzip without negotiation; both are named for those that do negotiate.
        let answer = self.agent.get(url).header(header::ACCEPT_ENCODING, "gzip, identity").call();
        self.read(url, answer, max_bytes)
    }

    /// `POST` of a body that can be sent again without harm.
    ///
    /// # Errors
    ///
    /// As [`Http::get`].
    pub fn post(
        &self,
        url: &str,
        media_type: &str,
        body: &[u8],
        max_bytes: usize,
    ) -> Result<HttpAnswer, FetchError> {
        let answer = self.agent.post(url).header(header::CONTENT_TYPE, media_type).send(body);
        self.read(url, answer, max_bytes)
    }

    fn read(
        &self,
        url: &str,
        answer: Result<Response<Body>, ureq::Error>,
        max_bytes: usize,
    ) -> Result<HttpAnswer, FetchError> {
        let mut answer = answer.map_err(|error| self.failure(url, error))?;
        let status = answer.status().as_u16();
        if (300..400).contains(&status) {
            return Err(FetchError::Redirect { url: url.to_owned(), status });
        }
        let content_type = media_type(answer.headers());
        let retry_after_seconds =
            text_of(answer.headers(), &header::RETRY_AFTER).and_then(|text| text.trim().parse::<u64>().ok());
        let mut body = Vec::new();
        let limit = max_bytes as u64 + 1;
        let read = answer.body_mut().with_config().limit(limit).reader().take(limit).read_to_end(&mut body);
        read.map_err(|error| self.failure(url, ureq::Error::from(error)))?;
        if body.len() > max_bytes {
            return Err(FetchError::TooLong { url: url.to_owned(), limit_bytes: max_bytes });
        }
        Ok(HttpAnswer { status, content_type, retry_after_seconds, body })
    }

    fn failure(&self, url: &str, error: ureq::Error) -> FetchError {
        let url = url.to_owned();
        if let Some(why) = certificate_fault(&error) {
            return FetchError::Certificate { url, why: Box::new(why.clone()) };
        }
        match error {
            ureq::Error::Timeout(_) => FetchError::TimedOut { url, limit_seconds: self.max_time.as_secs() },
            ureq::Error::Io(ref io) if io.kind() == std::io::ErrorKind::TimedOut => {
                FetchError::TimedOut { url, limit_seconds: self.max_time.as_secs() }
            }
            error @ (ureq::Error::Protocol(_) | ureq::Error::Decompress(..) | ureq::Error::Http(_)) => {
                FetchError::Broken { url, why: Box::new(error) }
            }
            ureq::Error::Io(io)
                if matches!(
                    io.kind(),
                    std::io::ErrorKind::UnexpectedEof
                        | std::io::ErrorKind::ConnectionReset
                        | std::io::ErrorKind::BrokenPipe
                        | std::io::ErrorKind::InvalidData
                        | std::io::ErrorKind::InvalidInput
                ) =>
            {
                FetchError::Broken { url, why: Box::new(ureq::Error::Io(io)) }
            }
            error => FetchError::Unreachable { url, why: Box::new(error) },
        }
    }
}

/// What is wrong with the certificate that was shown, if that is why there is no answer.
fn certificate_fault(error: &ureq::Error) -> Option<&CertificateError> {
    let of_tls = match error {
        ureq::Error::Rustls(error) => error,
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref::<rustls::Error>()?,
        _ => return None,
    };
    match of_tls {
        rustls::Error::InvalidCertificate(why) => Some(why),
        _ => None,
    }
}

fn certificate_words(why: &CertificateError) -> String {
    let words = match why {
        CertificateError::UnknownIssuer => "nobody whom this machine trusts has issued it",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name"
        }
        CertificateError::Revoked => "it was revoked",
        other => return other.to_string(),
    };
    words.to_owned()
}

/// What the transport says, without the name that it gives to failures of the system.
fn cause(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

fn text_of<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn media_type(headers: &HeaderMap) -> String {
    let text = text_of(headers, &header::CONTENT_TYPE).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
