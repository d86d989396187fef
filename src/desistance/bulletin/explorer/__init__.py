"""The explorer: any measure by any breakdown or band, as one page that works offline."""
