//! Headers as bytes: for each header the name's length (u32), the name, the value's length (u32), the value;
//! big-endian.

use bytes::{Buf, Bytes};

use crate::Headers;

pub(super) fn encode(headers: &Headers, out: &mut Vec<u8>) {
    for (name, value) in headers.iter() {
        out.extend_from_slice(&(name.len() as u32).to_be_bytes());
        out.extend_from_slice(name);
        out.extend_from_slice(&(value.len() as u32).to_be_bytes());
        out.extend_from_slice(value);
    }
}

/// Reads them; a header that is cut off is left out.
pub(super) fn decode(mut bytes: Bytes) -> Headers {
    let mut headers = Headers::new();
    while let Some((name, value)) = next(&mut bytes) {
        headers.push(name, value);
    }
    headers
}

fn next(bytes: &mut Bytes) -> Option<(Bytes, Bytes)> {
    let name_bytes = bytes.try_get_u32().ok()? as usize;
    let name = (bytes.len() >= name_bytes).then(|| bytes.split_to(name_bytes))?;
    let value_bytes = bytes.try_get_u32().ok()? as usize;
    let value = (bytes.len() >= value_bytes).then(|| bytes.split_to(value_bytes))?;
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_read_back_and_a_cut_is_no_panic() {
        let headers = Headers::new().with("cause", "7").with("empty", "").with("cause", "8");
        let mut bytes = Vec::new();
        encode(&headers, &mut bytes);
        assert_eq!(decode(bytes.clone().into()), headers);
        for end in 0..bytes.len() {
            assert!(decode(Bytes::copy_from_slice(&bytes[..end])).iter().len() < 3);
        }
    }
}
