namespace BlobCaptioner.Engine.Attention;

/// <summary>Hands out a thread's part of ggml's work buffer, in whole cache lines. From address 0 it only counts.</summary>
internal unsafe struct ScratchMemory(byte* start)
{
    public const int Line = 64;

    private byte* _next = start;

    public readonly byte* Next => _next;

    public T* Take<T>(long count)
        where T : unmanaged
    {
        var taken = (T*)_next;
        _next += ((count * sizeof(T)) + Line - 1) / Line * Line;
        return taken;
    }
}
