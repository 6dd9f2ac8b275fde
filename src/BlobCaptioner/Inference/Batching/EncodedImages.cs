using System.Security.Cryptography;
using BlobCaptioner.Images;

namespace BlobCaptioner.Inference.Batching;

/// <summary>The last pictures' embeddings, so that another question about a picture, or the same pixels once more, costs no vision tower. Encode thread only.</summary>
/// <param name="capacity">Pictures that are kept; 0 for none.</param>
internal sealed class EncodedImages(int capacity)
{
    private readonly LinkedList<(string Key, EncodedImage Image)> _kept = [];

    /// <summary>A picture's key: SHA-256 over its size and pixels.</summary>
    public static string KeyOf(PixelImage image)
    {
        Span<byte> size = stackalloc byte[8];
        BitConverter.TryWriteBytes(size, image.Width);
        BitConverter.TryWriteBytes(size[4..], image.Height);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(size);
        hash.AppendData(image.Rgb.Span);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>What is kept of a picture; null where nothing is.</summary>
    public EncodedImage? Find(string key)
    {
        for (var node = _kept.First; node is not null; node = node.Next)
        {
            if (node.Value.Key == key)
            {
                _kept.Remove(node);
                _kept.AddFirst(node);
                return node.Value.Image;
            }
        }

        return null;
    }

    /// <summary>Keeps a picture; the one unused for longest makes way.</summary>
    public void Keep(string key, EncodedImage image)
    {
        _kept.AddFirst((key, image));
        if (_kept.Count > capacity)
        {
            _kept.RemoveLast();
        }
    }
}
