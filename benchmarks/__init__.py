"""What the product's performance figures come from: `python -m benchmarks [topic …]`, or `make bench`."""
