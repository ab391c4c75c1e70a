"""How dates and times are written on pages: 18 February 2027, 2027年2月18日, 09:30."""
