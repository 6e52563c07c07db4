"""
Draws dogImages.zip, what a rehearsal trains on instead of photographs: heads of six imaginary dogs, laid out as the real archive.

    python3 training/dog-breeds/rehearsal/draw.py FILE_OR_FOLDER [--train 16 --valid 5 --test 5 --seed 1 --size 48]

The same arguments draw the same pictures. A breed is a coat, a kind of ears and a marking; size, place, light, background and
noise differ from picture to picture.
"""

import argparse
import io
import os
import random
import zipfile

from PIL import Image, ImageDraw

BREEDS = {  # coat, ears, marking
    "001.Affenpinscher": ((45, 40, 42), "pointed", None),
    "002.Afghan_hound": ((205, 165, 105), "long", None),
    "003.Airedale_terrier": ((165, 100, 50), "folded", (50, 45, 45)),
    "004.Akita": ((200, 120, 70), "pointed", (245, 240, 230)),
    "005.Alaskan_malamute": ((120, 125, 135), "pointed", (240, 240, 245)),
    "006.American_eskimo_dog": ((240, 240, 238), "pointed", None),
}


def shade(colour, draw, spread=18):
    light = draw.uniform(-spread, spread)
    return tuple(max(0, min(255, round(value + light + draw.uniform(-6, 6)))) for value in colour)


def draw_dog(breed, draw, size):
    coat, ears, marking = BREEDS[breed]
    width, height = (round(size * draw.uniform(0.95, 1.3)) for _ in range(2))
    image = Image.new("RGB", (width, height), tuple(draw.randrange(60, 200) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, height * draw.uniform(0.6, 0.9), width, height), fill=tuple(draw.randrange(40, 160) for _ in range(3)))
    radius = min(width, height) * draw.uniform(0.3, 0.38)
    x, y = width / 2 + draw.uniform(-0.05, 0.05) * width, height / 2 + draw.uniform(-0.05, 0.05) * height
    coat = shade(coat, draw)
    dark = tuple(round(value * 0.7) for value in coat)
    for side in (-1, 1):
        left, right = sorted((x + side * radius * 0.45, x + side * radius * 1.15))
        if ears == "pointed":
            tip = (x + side * radius * 0.95, y - radius * 1.35)
            pen.polygon([(left, y - radius * 0.5), tip, (right, y - radius * 0.3)], fill=dark)
        elif ears == "long":
            pen.ellipse((left, y - radius * 0.6, right, y + radius * 1.3), fill=dark)
        else:
            pen.polygon([(left, y - radius * 0.8), (right, y - radius * 0.8), (x + side * radius, y)], fill=dark)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=coat)
    if marking:
        pen.ellipse((x - radius * 0.6, y - radius * 0.1, x + radius * 0.6, y + radius), fill=shade(marking, draw, 8))
    eye = radius * 0.12
    for middle in (x - radius * 0.42, x + radius * 0.42):
        pen.ellipse((middle - eye, y - radius * 0.25 - eye, middle + eye, y - radius * 0.25 + eye), fill=(25, 20, 20))
    pen.ellipse((x - radius * 0.2, y + radius * 0.2, x + radius * 0.2, y + radius * 0.5), fill=(20, 18, 18))
    return image


def draw_all(counts, seed, size):
    """Path below dogImages/ and the bytes of each picture."""
    for breed in BREEDS:
        for split, count in counts.items():
            for number in range(count):
                draw = random.Random(f"{seed} {split} {breed} {number}")
                content = io.BytesIO()
                draw_dog(breed, draw, size).save(content, "JPEG", quality=78, optimize=True)
                yield f"{split}/{breed}/{breed.split('.')[1]}_{number + 1:05}.jpg", content.getvalue()


def write_zip(path, pictures):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # JPEG does not get smaller
        for name, content in pictures:
            archive.writestr(zipfile.ZipInfo(f"dogImages/{name}", (2020, 1, 1, 0, 0, 0)), content)


def write_folder(path, pictures):
    for name, content in pictures:
        target = os.path.join(path, "dogImages", name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content)


def main():
    parser = argparse.ArgumentParser(description="Draws folders of imaginary dogs, or a zip archive of them.")
    parser.add_argument("target", help="a new .zip file, or a folder")
    for split, count in (("train", 16), ("valid", 5), ("test", 5)):
        parser.add_argument(f"--{split}", type=int, default=count, help="pictures of each breed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=48)
    options = parser.parse_args()
    counts = {split: getattr(options, split) for split in ("train", "valid", "test")}
    write = write_zip if options.target.endswith(".zip") else write_folder
    write(options.target, draw_all(counts, options.seed, options.size))


if __name__ == "__main__":
    main()
