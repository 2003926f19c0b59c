"""Whether a mail comes from whom it says: SPF, DKIM and DMARC, or a trusted upstream's word for them (R-MAIL-2)."""
