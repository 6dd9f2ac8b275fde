namespace BlobCaptioner.Engine.Attention;

internal static class AttentionKernel
{
    public static bool IsInPlace => false;
}
