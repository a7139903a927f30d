//! Digests and encodings of bytes.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::argument::Arguments;
use crate::contract::expression::operators::text_of;

pub fn sha256(arguments: Arguments<'_>) -> Result<Value, String> {
    let digest = Sha256::digest(arguments.text(0)?);
    Ok(crate::words::hex(&digest).into())
}

pub fn sha256_base64_url(arguments: Arguments<'_>) -> Result<Value, String> {
    let encoded = encode(&Sha256::digest(arguments.text(0)?), URL_SAFE);
    Ok(encoded.trim_end_matches('=').into())
}

pub fn base64(arguments: Arguments<'_>) -> Result<Value, String> {
    Ok(encode(arguments.text(0)?.as_bytes(), STANDARD).into())
}

/// A JSON Web Token (RFC 7519) of these claims, signed with HMAC-SHA-256. Nothing is added to the claims, so equal ones give equal tokens.
pub fn jwt(arguments: Arguments<'_>) -> Result<Value, String> {
    if !arguments.value(0).is_object() {
        return Err(arguments.mismatch(0, "an object"));
    }
    let unpadded = |bytes: &[u8]| encode(bytes, URL_SAFE).trim_end_matches('=').to_owned();
    let claims = arguments.value(0).to_string();
    let signed = format!("{}.{}", unpadded(br#"{"alg":"HS256","typ":"JWT"}"#), unpadded(claims.as_bytes()));
    let secret = arguments.text(1)?.as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|error| error.to_string())?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", unpadded(&mac.finalize().into_bytes())).into())
}

pub fn hash(arguments: Arguments<'_>) -> Result<Value, String> {
    let bound = arguments.integer(1)?;
    let bound = u64::try_from(bound).ok().filter(|bound| *bound > 0).ok_or("argument 2 must be more than 0")?;
    let digest = Sha256::digest(text_of(arguments.value(0)).as_bytes());
    let number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    Ok((number % bound).into())
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 (RFC 4648, 4 and 5), padded.
fn encode(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0u32, |group, index| group << 8 | u32::from(chunk.get(index).copied().unwrap_or(0)));
        for position in 0..4 {
            // Three bytes fill four characters, two fill three, one fills two.
            let sextet = (group >> (18 - 6 * position)) & 63;
            encoded.push(if position <= chunk.len() { char::from(alphabet[sextet as usize]) } else { '=' });
        }
    }
    encoded
}
