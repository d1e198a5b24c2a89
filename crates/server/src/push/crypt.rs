//! Signs and encrypts pushes: SHA-1 over sorted values, and AES-256 in CBC mode with WeChat's padding to 32 bytes.
//! WeChat manual: "接入指南" (verifying a receiver), "消息加解密说明" (encryption).

use crate::encoding::{base64, hex};
use aes::Aes256;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use kaquan_core::error::{Error, Result};
use sha1::{Digest, Sha1};

/// Length of an EncodingAESKey in characters.
pub const AES_KEY_LEN: usize = 43;
/// The message is padded to a multiple of this length.
const BLOCK: usize = 32;

/// In the last character, unused bits may be set. In the manual's own sample they are set.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Decodes an EncodingAESKey into the key; `None` unless the text is 43 letters and digits.
pub fn aes_key(text: &str) -> Option<[u8; 32]> {
    let well_formed = text.len() == AES_KEY_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    well_formed.then(|| LENIENT.decode(text).ok()?.try_into().ok()).flatten()
}

/// SHA-1 of the values, sorted by their bytes and joined, in hexadecimal.
pub fn signature(values: &[&str]) -> String {
    let mut values = values.to_vec();
    values.sort_unstable();
    hex(&Sha1::digest(values.concat()))
}

/// The text of `Encrypt`: 16 random bytes, the length, the message and the appid, encrypted, in base64.
///
/// # Errors
///
/// -1 if the message is longer than 4 GiB.
pub fn encrypt(key: &[u8; 32], random: &[u8; 16], message: &str, appid: &str) -> Result<String> {
    let length = u32::try_from(message.len()).map_err(|_| Error::internal("a message is too long"))?;
    let mut plain = [random.as_slice(), &length.to_be_bytes(), message.as_bytes(), appid.as_bytes()].concat();
    let padding = BLOCK - plain.len() % BLOCK;
    // The padding is at most 32, so it fits into a byte.
    plain.resize(plain.len() + padding, padding as u8);
    let mut iv = [0; 16];
    iv.copy_from_slice(&key[..16]);
    let mut sealed = vec![0; plain.len()];
    cbc::Encryptor::<Aes256>::new(&(*key).into(), &iv.into())
        .encrypt_padded_b2b::<NoPadding>(&plain, &mut sealed)
        .map_err(|_| Error::internal("a message could not be encrypted"))?;
    Ok(base64(&sealed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    const APPID: &str = "wxb11529c136998cb6";

    #[test]
    fn a_key_is_43_letters_and_digits() {
        assert!(aes_key(KEY).is_some(), "its last character has spare bits");
        assert_eq!(aes_key(&KEY[..42]), None);
        assert_eq!(aes_key(&format!("{}+", &KEY[..42])), None);
        assert_eq!(aes_key(&format!("{}é", &KEY[..41])), None);
    }

    #[test]
    fn an_address_is_verified_by_token_timestamp_and_nonce() {
        let expected = "76480565cbe296026c53aaacd1ad523a1ddba24f";
        assert_eq!(signature(&["pamtest", "1409304348", "xxxxxx"]), expected);
    }

    #[test]
    fn a_message_is_encrypted_as_clients_decrypt_it() {
        let key = aes_key(KEY).unwrap();
        let sealed = encrypt(&key, b"aaaabbbbccccdddd", "我是中文abcd123", APPID).unwrap();
        assert_eq!(
            sealed,
            "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
        );
        let signed = signature(&["pamtest", "1409304348", "xxxxxx", &sealed]);
        assert_eq!(signed, "82c962d39941aa48552f90ef55aa323dc620cc10");
    }

    #[test]
    fn a_padding_may_be_longer_than_a_cipher_block() {
        let key = aes_key(KEY).unwrap();
        let message = "<xml><ToUserName><![CDATA[gh_fc0a06a20993]]></ToUserName>\
            <FromUserName><![CDATA[oZI8Fj040-be6rlDohc6gkoPOQTQ]]></FromUserName><CreateTime>1472551036</CreateTime>\
            <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[user_del_card]]></Event>\
            <CardId><![CDATA[pZI8Fjwsy5fVPRBeD78J4RmqVvBc]]></CardId>\
            <UserCardCode><![CDATA[226009850808]]></UserCardCode></xml>";
        assert_eq!(message.len(), 353);
        let sealed = encrypt(&key, b"aaaabbbbccccdddd", message, APPID).unwrap();
        assert!(sealed.starts_with("jn1L23DB+6ELqJ+6bruv2yToRYJisLAn") && sealed.ends_with("pG4rEN3/A="));
        let digest = hex(&Sha1::digest(&sealed));
        assert_eq!(digest, "03dc5c5d880fc11eef6ba2dcca8b0e05d6a1490a");
        let signed = signature(&["pamtest", "1409304348", "xxxxxx", &sealed]);
        assert_eq!(signed, "a6b5546d9fe105bfe37230fc4a09efbb2c7af90a");
    }
}
