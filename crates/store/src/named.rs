//! Enums whose values have a number in stored rows and a name in calls: declared once, with conversions both ways.

/// Declares an enum with the number and the name of each of its variants.
macro_rules! named_numbers {
    ($($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $name:ident = $code:literal, $text:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$variant_doc])* $name,)* }

        impl $type {
            /// All values, in order of declaration.
            pub const ALL: &'static [$type] = &[$($type::$name,)*];

            /// The number in stored rows.
            pub const fn code(self) -> u8 {
                match self { $($type::$name => $code,)* }
            }

            /// The value with this number.
            pub const fn from_code(code: u8) -> Option<$type> {
                match code { $($code => Some($type::$name),)* _ => None }
            }

            /// The name in calls and commands.
            pub const fn name(self) -> &'static str {
                match self { $($type::$name => $text,)* }
            }

            /// The value with this name.
            pub fn from_name(name: &str) -> Option<$type> {
                match name { $($text => Some($type::$name),)* _ => None }
            }
        }
    )*};
}
pub(crate) use named_numbers;
