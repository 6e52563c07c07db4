"""From the bytes of an image to what the network sees: one way for training and serving."""

import io

import torch
from PIL import Image, ImageFile, ImageOps

FORMATS = ("JPEG", "PNG")
MAX_PIXELS = 50_000_000  # decoded: 150 MB; a file of a few kB can claim to be larger
MARGIN = 256 / 224  # of the shorter side, cut away around the centre: what ImageNet's weights were measured with


def decode(content):
    """An upright RGB image. Raises ValueError with the reason, whatever the bytes are."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = image.size  # of the header: nothing is decoded yet
        if width * height > MAX_PIXELS:
            raise ValueError(f"{width} x {height} pixels; at most {MAX_PIXELS // 1_000_000} million are taken")
        return ImageOps.exif_transpose(image).convert("RGB")
    except Image.DecompressionBombError as error:
        raise ValueError(f"it claims more than {MAX_PIXELS // 1_000_000} million pixels") from error
    except Image.UnidentifiedImageError as error:
        raise ValueError(f"it is neither {' nor '.join(FORMATS)}") from error
    except Exception as error:  # decoders raise what they like on hostile bytes
        raise ValueError(str(error) or type(error).__name__) from error


def decode_truncated(content):
    """The same for a file that ends too early; what is missing is grey. Not for several threads: the switch is PIL's own."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        return decode(content)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def to_pixels(image, size):
    """
    The centre of the image as bytes of shape (3, size, size). Cut and scaled in one step, so that a very long and thin image is
    never scaled up as a whole.
    """
    width, height = image.size
    half = min(width, height) / MARGIN / 2
    box = (width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half)
    scaled = image.resize((size, size), Image.BILINEAR, box=box)
    return torch.frombuffer(bytearray(scaled.tobytes()), dtype=torch.uint8).view(size, size, 3).permute(2, 0, 1).contiguous()
