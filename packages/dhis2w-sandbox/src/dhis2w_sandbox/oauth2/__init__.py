"""The authorization servers of DHIS2: Spring Authorization Server from 2.42 on, and the older one of 2.41."""
