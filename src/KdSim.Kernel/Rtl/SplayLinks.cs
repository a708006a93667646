using KdSim.Kernel.Routines;

namespace KdSim.Kernel.Rtl;

/// <summary>
/// RTL_SPLAY_LINKS: binary trees whose nodes move to the root when they are used. A root's parent is itself. Any IRQL where the nodes are resident; the caller
/// serializes.
/// </summary>
public sealed class SplayLinks(NtKernel kernel) : KernelComponent(kernel)
{
    internal const ulong Parent = 0, Left = 8, Right = 0x10;

    /// <summary>Rotates a node to the root (zig, zig-zig, zig-zag) and answers it.</summary>
    [NtExport("RtlSplay")]
    public ulong RtlSplay(ulong Links)
    {
        while (ParentOf(Links) is var parent && parent != Links)
        {
            ulong grandparent = ParentOf(parent);
            if (grandparent == parent)
                Rotate(Links);
            else if (IsLeft(Links) == IsLeft(parent))
            {
                Rotate(parent);
                Rotate(Links);
            }
            else
            {
                Rotate(Links);
                Rotate(Links);
            }
        }
        return Links;
    }

    /// <summary>Takes a node out of its tree; answers the new root, or 0.</summary>
    [NtExport("RtlDelete")]
    public ulong RtlDelete(ulong Links)
    {
        if (Child(Links, Left) != 0 && Child(Links, Right) != 0)
            Exchange(RtlSubtreePredecessor(Links), Links);
        ulong child = Child(Links, Left) is var left and not 0 ? left : Child(Links, Right);
        ulong parent = ParentOf(Links);
        if (parent == Links)
        {
            if (child != 0)
                Memory.WriteU64(child + Parent, child);
            return child;
        }
        Memory.WriteU64(parent + (IsLeft(Links) ? Left : Right), child);
        if (child != 0)
            Memory.WriteU64(child + Parent, parent);
        return RtlSplay(parent);
    }

    [NtExport("RtlSubtreePredecessor")]
    public ulong RtlSubtreePredecessor(ulong Links) => Last(Child(Links, Left), Right);

    [NtExport("RtlSubtreeSuccessor")]
    public ulong RtlSubtreeSuccessor(ulong Links) => Last(Child(Links, Right), Left);

    [NtExport("RtlRealPredecessor")]
    public ulong RtlRealPredecessor(ulong Links) => Child(Links, Left) != 0 ? RtlSubtreePredecessor(Links) : Above(Links, Right);

    [NtExport("RtlRealSuccessor")]
    public ulong RtlRealSuccessor(ulong Links) => Child(Links, Right) != 0 ? RtlSubtreeSuccessor(Links) : Above(Links, Left);

    private ulong ParentOf(ulong node) => Memory.ReadU64(node + Parent);

    private ulong Child(ulong node, ulong side) => Memory.ReadU64(node + side);

    private bool IsLeft(ulong node) => Child(ParentOf(node), Left) == node;

    private ulong Last(ulong node, ulong side)
    {
        while (node != 0 && Child(node, side) is var next and not 0)
            node = next;
        return node;
    }

    /// <summary>The nearest ancestor of which the node is on a side, or 0.</summary>
    private ulong Above(ulong node, ulong side)
    {
        for (ulong parent = ParentOf(node); parent != node; node = parent, parent = ParentOf(node))
            if (Child(parent, side) == node)
                return parent;
        return 0;
    }

    /// <summary>Moves a node above its parent.</summary>
    private void Rotate(ulong node)
    {
        ulong parent = ParentOf(node), above = ParentOf(parent);
        bool isLeft = IsLeft(node), parentIsRoot = above == parent, parentIsLeft = !parentIsRoot && IsLeft(parent);
        ulong inner = Child(node, isLeft ? Right : Left);
        Memory.WriteU64(parent + (isLeft ? Left : Right), inner);
        if (inner != 0)
            Memory.WriteU64(inner + Parent, parent);
        Memory.WriteU64(node + (isLeft ? Right : Left), parent);
        Memory.WriteU64(parent + Parent, node);
        Memory.WriteU64(node + Parent, parentIsRoot ? node : above);
        if (!parentIsRoot)
            Memory.WriteU64(above + (parentIsLeft ? Left : Right), node);
    }

    /// <summary>Exchanges a node with its predecessor in its left subtree, which has no right child.</summary>
    private void Exchange(ulong predecessor, ulong node)
    {
        ulong parent = ParentOf(node), left = Child(node, Left), right = Child(node, Right);
        bool isRoot = parent == node, isLeft = !isRoot && IsLeft(node);
        ulong predecessorParent = ParentOf(predecessor), predecessorLeft = Child(predecessor, Left);
        Memory.WriteU64(predecessor + Parent, isRoot ? predecessor : parent);
        if (!isRoot)
            Memory.WriteU64(parent + (isLeft ? Left : Right), predecessor);
        Memory.WriteU64(predecessor + Right, right);
        Memory.WriteU64(right + Parent, predecessor);
        if (predecessorParent == node)
        {
            Memory.WriteU64(predecessor + Left, node);
            Memory.WriteU64(node + Parent, predecessor);
        }
        else
        {
            Memory.WriteU64(predecessor + Left, left);
            Memory.WriteU64(left + Parent, predecessor);
            Memory.WriteU64(predecessorParent + Right, node);
            Memory.WriteU64(node + Parent, predecessorParent);
        }
        Memory.WriteU64(node + Left, predecessorLeft);
        if (predecessorLeft != 0)
            Memory.WriteU64(predecessorLeft + Parent, node);
        Memory.WriteU64(node + Right, 0);
    }
}
