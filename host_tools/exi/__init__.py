"""Packed EXI tables for the device, made from the schemas of the installed package `iso15118`.

The schemas carry ISO's notice and stay where they are; the tables are committed.
"""
