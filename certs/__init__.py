"""Certificates: profiles as data, and their issuing. Test PKI is made where it is used, never committed."""
