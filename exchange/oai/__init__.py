"""
The record for harvesters: the Open Archives protocol, OAI-PMH 2.0.

Rules are those of https://www.openarchives.org/OAI/openarchivesprotocol.html, which
comments call “the protocol”. `arguments` reads a request, `items` finds what there is
to harvest and since when, `dublin_core` tells of it, `answers` writes it down.
"""
