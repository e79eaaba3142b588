"""Open-Assistant's published protocol: its clients run here by changing only the address."""
