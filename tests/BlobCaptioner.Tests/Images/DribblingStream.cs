namespace BlobCaptioner.Tests.Images;

/// <summary>A network-like stream: not seekable, hands out a few bytes at a time, counts what was taken.</summary>
internal sealed class DribblingStream(byte[] content, int step = 1000) : Stream
{
    public long Taken { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Taken;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var taken = (int)Math.Min(Math.Min(count, step), content.Length - Taken);
        content.AsSpan((int)Taken, taken).CopyTo(buffer.AsSpan(offset));
        Taken += taken;
        return taken;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
