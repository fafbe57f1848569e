"""Throughput of `clipscope convert` beside `cp` of the same bytes, and the memory that it takes.

    python convert_throughput.py path/to/clipscope MODEL.safetensors MODEL.pt [--rounds 9] [--folder DIR] [--only NAME ...]

MODEL.safetensors and MODEL.pt hold an OpenCLIP model; DIR (default: beside the first file) must be on the file system of the sources and
have room for three copies. Each round runs, after one another: cp of the source, then the conversion, each into a target that does not
exist yet. Sources are read once before, so that they are in the page cache; written pages are brought to the disk between the runs,
outside the clock. The ratio of a round is the time of `cp` scaled to the bytes that the conversion wrote, over the time of the
conversion: 1 is as fast as cp. Medians are over the rounds.
"""
import argparse, json, os, shutil, statistics, subprocess, time


def run(command):
    """Seconds and peak resident bytes of a command."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)}: {status}: {error.decode().strip()}")
    return seconds, usage.ru_maxrss * 1024


def size(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(path, name)) for name in os.listdir(path))


def remove(path):
    shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.unlink(path)


def warm(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("safetensors")
    parser.add_argument("pt")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json")
    options = parser.parse_args()
    folder = os.path.join(options.folder or os.path.dirname(os.path.abspath(options.safetensors)), "convert_throughput")
    os.makedirs(folder, exist_ok=True)
    binary = os.path.abspath(options.binary)
    middle = os.path.join(folder, "middle")
    remove(middle)
    extra = ["--activation", "quick_gelu"]
    run([binary, "convert", options.safetensors, middle, "--to", "hf", *extra])
    pairs = {
        "safetensors->hf": (options.safetensors, ["--to", "hf", *extra]),
        "pt->hf": (options.pt, ["--to", "hf", *extra]),
        "hf->openclip": (middle, ["--to", "openclip"]),
        "hf->pt": (middle, ["--to", "openclip", "--format", "pt"]),
    }
    results = {}
    try:
        for name, (source, arguments) in pairs.items():
            if options.only and name not in options.only:
                continue
            file = os.path.join(source, "model.safetensors") if os.path.isdir(source) else source
            warm(file)
            rows = []
            for number in range(options.rounds):
                copied, made = os.path.join(folder, f"copy{number}"), os.path.join(folder, f"out{number}")
                remove(copied), remove(made)
                seconds = {}
                # Every other round begins with the conversion, so that neither has the better place.
                for kind in ("cp", "convert") if number % 2 == 0 else ("convert", "cp"):
                    os.sync()
                    if kind == "cp":
                        seconds[kind], _ = run(["cp", file, copied])
                    else:
                        seconds[kind], resident = run([binary, "convert", source, made, *arguments])
                scaled = seconds["cp"] * size(made) / size(copied)
                rows.append((scaled / seconds["convert"], scaled, seconds["convert"], resident))
                remove(copied), remove(made)
            ratio, copy, convert, resident = (statistics.median(column) for column in zip(*rows))
            results[name] = {"ratio": ratio, "cp": copy, "convert": convert, "resident": max(r[3] for r in rows),
                             "ratios": [r[0] for r in rows]}
            print(f"{name:18} {ratio:5.2f} x cp  (rounds {min(r[0] for r in rows):.2f} to {max(r[0] for r in rows):.2f})  cp {copy:.2f} s  "
                  f"convert {convert:.2f} s  resident {max(r[3] for r in rows) / 1e6:.0f} MB", flush=True)
    finally:
        remove(folder)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
