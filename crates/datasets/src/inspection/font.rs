//! Words in pictures.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage};

use crate::synthetic::SANS;

fn sans() -> &'static FontRef<'static> {
    static FONT: OnceLock<FontRef<'static>> = OnceLock::new();
    FONT.get_or_init(|| FontRef::try_from_slice(SANS).expect("the font is part of the crate"))
}

/// How wide a line is.
pub(super) fn width(words: &str) -> f32 {
    let font = sans().as_scaled(PxScale::from(11.0));
    words.chars().map(|character| font.h_advance(font.glyph_id(character))).sum()
}

/// Writes a line of black words whose letters stand on `baseline`, cut with an ellipsis where it is wider than `width`.
pub(super) fn write(image: &mut RgbImage, words: &str, [left, baseline]: [u32; 2], width: u32) {
    let font = sans().as_scaled(PxScale::from(11.0));
    let advance = |character: char| font.h_advance(font.glyph_id(character));
    // Characters that the font lacks.
    let known = |character: char| if font.glyph_id(character).0 == 0 { '?' } else { character };
    let mut line: String = words.chars().map(known).collect();
    if line.chars().map(advance).sum::<f32>() > width as f32 {
        while !line.is_empty()
            && line.chars().map(advance).sum::<f32>() + advance('…') > width as f32
        {
            line.pop();
        }
        line.push('…');
    }
    let mut x = left as f32;
    for character in line.chars() {
        let glyph = font
            .glyph_id(character)
            .with_scale_and_position(PxScale::from(11.0), point(x, baseline as f32));
        x += advance(character);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|across, down, cover| {
            let at = [across as f32 + bounds.min.x, down as f32 + bounds.min.y];
            let inside = at[0] >= 0.0 && at[1] >= 0.0;
            let (across, down) = (at[0] as u32, at[1] as u32);
            if inside && across < image.width() && down < image.height() {
                let Rgb(pixel) = image.get_pixel_mut(across, down);
                for value in pixel {
                    *value = (f32::from(*value) * (1.0 - cover.clamp(0.0, 1.0))) as u8;
                }
            }
        });
    }
}
