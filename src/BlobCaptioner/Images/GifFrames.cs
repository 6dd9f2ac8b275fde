namespace BlobCaptioner.Images;

/// <summary>Walks a GIF's blocks (GIF89a specification, section 12 on) without decoding them.</summary>
internal static class GifFrames
{
    private const int HeaderLength = 13;

    /// <summary>True where an image descriptor is found before the trailer.</summary>
    public static bool Any(ReadOnlySpan<byte> gif)
    {
        if (gif.Length < HeaderLength)
        {
            return false;
        }

        var at = HeaderLength + ((gif[10] & 0x80) != 0 ? 3 << ((gif[10] & 7) + 1) : 0);
        while (at < gif.Length)
        {
            switch (gif[at])
            {
                case 0x2C:
                    return true;
                case 0x21:
                    at += 2;
                    while (at < gif.Length && gif[at] != 0)
                    {
                        at += gif[at] + 1;
                    }

                    at++;
                    break;
                default:
                    return false;
            }
        }

        return false;
    }
}
